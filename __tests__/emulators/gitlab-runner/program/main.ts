// The emulated gitlab-runner: speaks the official program's protocol, logs its lines as they were recorded from 19.4.0, and runs
// the scripts of jobs for real. It fetches no sources and keeps no cache.
import { randomBytes } from 'node:crypto'

import { readSettings } from './arguments.ts'
import { identity, log } from './log.ts'
import { Single, type Pace } from './single.ts'

/** Put in by whoever makes the program one file (package.ts). */
declare const PACE: Pace

const settings = readSettings(process.argv.slice(2), process.env)
log('info', 'Runtime platform', {
  arch: identity.architecture,
  os: identity.platform,
  pid: process.pid,
  revision: identity.revision,
  version: identity.version,
})
const systemId = `r_${randomBytes(6).toString('hex')}`
// Every ending is a good one: 0.
void new Single(settings, systemId, PACE).run().then(() => process.exit(0))
