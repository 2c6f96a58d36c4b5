// Looks for a runner with what this process was started with: the proxy and certificate variables are Node's to read, at its start.
import { createGithub } from '../../src/forges/github/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLog } from '../../src/lib/log.ts'
import { Secret } from '../../src/model/secret.ts'

const [repo = '', token = '', name = ''] = process.argv.slice(2)
const context = { log: silentLog, clock: systemClock, variables: process.env }
const settings = {
  registration: 'token',
  'runner-group': undefined,
  repo: new URL(repo),
  token: new Secret(token),
}

void createGithub(settings, context)
  .findRunner(name)
  .then(
    (runner) => console.log(JSON.stringify(runner)),
    (error: unknown) => console.log(String(error)),
  )
