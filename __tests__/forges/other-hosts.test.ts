import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Forge } from '../../src/forges/forge.ts'
import { startGithub, type GithubEmulator } from '../emulators/github/github.ts'
import { startGitlab, type GitlabEmulator } from '../emulators/gitlab/gitlab.ts'
import { openGithub } from './github-world.ts'
import { openGitlab } from './gitlab-world.ts'

let github: GithubEmulator
let gitlab: GitlabEmulator
/** Somebody else's server on the same machine, which would answer everything. */
let foreign: Server
let met: string[]

beforeEach(async () => {
  met = []
  foreign = createServer((request, response) => {
    met.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`)
    response.setHeader('content-type', 'application/json').end('{"total_count":0,"runners":[]}')
  })
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
  ;[github, gitlab] = await Promise.all([startGithub(), startGitlab()])
})

afterEach(async () => {
  foreign.closeAllConnections()
  await Promise.all([github.close(), gitlab.close(), new Promise((resolve) => foreign.close(resolve))])
})

const host = (): string => `127.0.0.1:${(foreign.address() as AddressInfo).port}`

/** Ways to write that the answer is elsewhere. */
const elsewhere: readonly (readonly [string, (path: string, own: string) => string])[] = [
  ['in full', (path) => `http://${host()}${path}`],
  ['without its scheme', (path) => `//${host()}${path}`],
  ['behind the true host as a user', (path, own) => `http://${own}@${host()}${path}`],
  ['behind backslashes', (path) => `\\\\${host()}${path}`],
]

const ask = async (forge: Forge): Promise<void> => {
  await forge.findRunner('x').catch(() => undefined)
  try {
    for await (const page of forge.listRunners()) expect(page).toBeDefined()
  } catch {
    // A page that is not there is a failure, and that is well.
  }
}

describe('a token goes to its own server alone,', () => {
  test.each(
    [301, 302, 307, 308].flatMap((status) => elsewhere.map(([how, to]) => [status, how, to] as const)),
  )('also when that server says %i to another host, %s', async (status, _how, to) => {
    const moved =
      (server: { readonly url: string }) =>
      ({ path }: { readonly path: string }) => ({
        status,
        headers: { location: to(path, new URL(server.url).host) },
        body: {},
      })
    github.fault = moved(github)
    gitlab.fault = moved(gitlab)
    await ask(openGithub(github).forge)
    await ask(openGitlab(gitlab).forge)
    expect(met).toEqual([])
    expect(github.journal.length).toBeGreaterThan(0)
    expect(gitlab.journal.length).toBeGreaterThan(0)
  })

  test('also when a page names the next one at another host', async () => {
    github.fault = ({ path }) => ({
      status: 200,
      headers: { link: `<http://${host()}${path}?page=2>; rel="next"`, 'content-type': 'application/json' },
      body: { total_count: 300, runners: [] },
    })
    gitlab.fault = ({ path }) => ({
      status: 200,
      headers: { link: `<http://${host()}${path}?page=2>; rel="next"`, 'x-next-page': '' },
      body: [],
    })
    await ask(openGithub(github).forge)
    await ask(openGitlab(gitlab).forge)
    expect(met).toEqual([])
  })
})
