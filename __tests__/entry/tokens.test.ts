import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compose } from '../../src/entry/compose.ts'
import { fittingTokens } from '../../src/entry/tokens.ts'
import { githubActionsHost } from '../../src/hosts/github-actions.ts'
import { gitlabCiHost } from '../../src/hosts/gitlab-ci.ts'
import type { RawOptions } from '../../src/hosts/host.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import { Failure } from '../../src/model/failure.ts'
import { describeWith } from '../needs.ts'
import { usualCloud } from '../sides/sides.ts'

type Variables = RawOptions['variables']
type Given = Readonly<Record<string, string>>

// Each host listens for signals, and to its streams.
for (const source of [process, process.stdout, process.stderr]) source.setMaxListeners(0)

const doors: Readonly<Record<string, (given: Given, variables: Variables) => RawOptions>> = {
  'the command line': (given, variables) => ({
    given,
    variables,
    words: ['list'],
    problems: [],
    prefix: '--',
  }),
  'the action': (given, variables) => {
    const inputs = Object.entries(given).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text])
    return githubActionsHost('main', {
      ...variables,
      ...Object.fromEntries(inputs),
      INPUT_COMMAND: 'list',
    }).readOptions()
  },
  'the component': (given, variables) => {
    const inputs = Object.entries(given).map(([name, text]) => [
      `CML_RUNNER_INPUT_${name.toUpperCase()}`,
      text,
    ])
    const read = { given: {}, words: ['list'], problems: [], help: false, version: false }
    return gitlabCiHost('main', read, { ...variables, ...Object.fromEntries(inputs) }).readOptions()
  },
  variables: (given, variables) => {
    const own = Object.entries(given).map(([name, text]) => [`CML_RUNNER_${name.toUpperCase()}`, text])
    return {
      given: {},
      variables: { ...variables, ...Object.fromEntries(own) },
      words: ['list'],
      problems: [],
      prefix: '--',
    }
  },
}

describe('a token', () => {
  let server: Server
  let origin: string
  let folder: string
  const home = process.cwd()
  /** Whatever reached the server that could be a token. */
  let shown: string[]

  beforeEach(async () => {
    shown = []
    folder = mkdtempSync(join(tmpdir(), 'cml-runner-remote-'))
    server = createServer(({ headers }, response) => {
      shown.push(String(headers['private-token'] ?? headers.authorization ?? '').replace(/^token /, ''))
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"404 Not Found"}')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    process.chdir(home)
    rmSync(folder, { recursive: true })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  /** A folder that somebody else made. */
  const remote = (address: string): void => {
    execFileSync('git', ['init', '--quiet', folder])
    execFileSync('git', ['-C', folder, 'config', 'remote.origin.url', address])
    process.chdir(folder)
  }

  /** Tokens that the server saw, or the refusal before it saw any. */
  const ask = async (raw: RawOptions): Promise<readonly string[] | Failure> => {
    const host = { log: levelledLog(() => undefined), mask: () => undefined } as unknown as Parameters<
      typeof compose
    >[0]
    shown = []
    try {
      const { ports } = await compose(host, raw)
      await ports.forge.findRunner('x').catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error
      })
      return [...new Set(shown)]
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      expect(shown).toEqual([])
      return error
    }
  }

  const cloud = { cloud: usualCloud().name }
  const both = { GITHUB_TOKEN: 'ghp_hub', GITLAB_TOKEN: 'glpat-lab' }
  const gitlabJob = (): Variables => ({
    GITLAB_CI: 'true',
    CI_SERVER_URL: origin,
    CI_API_V4_URL: `${origin}/api/v4`,
    CI_PROJECT_URL: `${origin}/group/project`,
    CI_PROJECT_ID: '5',
    CI_PROJECT_PATH: 'group/project',
  })
  const githubJob = (): Variables => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: origin,
    GITHUB_API_URL: `${origin}/api/v3`,
    GITHUB_REPOSITORY: 'org/repo',
  })

  describe.each(Object.keys(doors))('through %s', (door) => {
    const through = doors[door]!

    test('that is given goes to the server that is asked, whatever the surroundings hold', async () => {
      const given = { ...cloud, token: 'ghp_given', repo: `${origin}/org/repo`, driver: 'github' }
      expect(await ask(through(given, { ...both, REPO_TOKEN: 'other' }))).toEqual(['ghp_given'])
    })

    test("of GitLab's variable is the one that a GitLab job uses, also with GitHub's beside it", async () => {
      expect(await ask(through(cloud, { ...gitlabJob(), ...both, GITHUB_REPOSITORY: 'org/mirror' }))).toEqual(
        ['glpat-lab'],
      )
      const without = await ask(through(cloud, { ...gitlabJob(), GITHUB_TOKEN: 'ghp_hub' }))
      expect(String(without)).toMatch(
        /`(--)?token` is missing[^]*GITHUB_TOKEN is set, and is not shown to 127/,
      )
    })

    test("of GitHub's variable is the one that a GitHub job uses, on its own server", async () => {
      expect(await ask(through(cloud, { ...githubJob(), ...both }))).toEqual(['ghp_hub'])
      const without = await ask(through(cloud, { ...githubJob(), GITLAB_TOKEN: 'glpat-lab' }))
      expect(String(without)).toMatch(/GITLAB_TOKEN is set, and is not shown/)
    })

    test('of a variable goes to no other server that `repo` names', async () => {
      const repo = `${origin}/org/repo`
      const elsewhere = { GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://ghes.corp' }
      expect(
        String(await ask(through({ ...cloud, repo, driver: 'github' }, { ...elsewhere, ...both }))),
      ).toMatch(/GITHUB_TOKEN is set, and is not shown to 127[^]*GITLAB_TOKEN is set/)
      const job = {
        ...gitlabJob(),
        CI_SERVER_URL: 'https://git.corp',
        CI_PROJECT_URL: 'https://git.corp/g/p',
      }
      expect(String(await ask(through({ ...cloud, repo, driver: 'gitlab' }, { ...job, ...both })))).toMatch(
        /GITLAB_TOKEN is set, and is not shown to 127/,
      )
    })

    test('never goes anywhere by plain http, save to this machine', async () => {
      for (const driver of ['github', 'gitlab']) {
        const given = { ...cloud, driver, token: 'secret-token', repo: 'http://git.corp/org/repo' }
        const failure = await ask(through(given, {}))
        expect(failure).toMatchObject({ kind: 'invalid-input' })
        expect(String(failure)).toMatch(/plain http[^]*https address/)
      }
      const job = { GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'http://ghes.corp', GITHUB_REPOSITORY: 'o/r' }
      expect(String(await ask(through({ ...cloud, token: 'secret-token' }, job)))).toMatch(/plain http/)
      const lab = {
        GITLAB_CI: 'true',
        CI_SERVER_URL: 'http://lab.corp',
        CI_PROJECT_URL: 'http://lab.corp/g/p',
      }
      expect(String(await ask(through({ ...cloud, token: 'secret-token' }, lab)))).toMatch(/plain http/)
    })
  })

  describeWith(['git'])('where only a git remote tells the server', () => {
    const line = doors['the command line']!

    test.each<[string, Variables]>([
      ['GITHUB_TOKEN', { GITHUB_TOKEN: 'ghp_hub' }],
      ['GITLAB_TOKEN', { GITLAB_TOKEN: 'glpat-lab' }],
      ['REPO_TOKEN', { REPO_TOKEN: 'any' }],
      ['repo_token', { repo_token: 'any' }],
    ])('of %s stays here', async (name, variables) => {
      for (const driver of ['github', 'gitlab']) {
        remote(`${origin}/org/repo`)
        const failure = await ask(line({ ...cloud, driver }, variables))
        expect(failure).toMatchObject({ kind: 'invalid-input' })
        expect(String(failure)).toMatch(
          new RegExp(
            `${name} is set, and is not shown to 127.*git remote of this folder|${name} is set.*it is for`,
          ),
        )
      }
    })

    test.each<[string, Given, Variables]>([
      ['the option', { token: 'mine' }, {}],
      ['CML_RUNNER_TOKEN', {}, { CML_RUNNER_TOKEN: 'mine' }],
      ['CML_TOKEN', {}, { CML_TOKEN: 'mine' }],
      ['GITHUB_TOKEN and GH_HOST', {}, { GITHUB_TOKEN: 'mine' }],
    ])('that is given by %s goes there', async (how, given, variables) => {
      remote(`${origin}/org/repo`)
      const host = how.includes('GH_HOST') ? { GH_HOST: new URL(origin).host } : {}
      expect(await ask(line({ ...cloud, ...given }, { ...variables, ...host }))).toEqual(['mine'])
    })

    test('of REPO_TOKEN goes where somebody named the server', async () => {
      const given = { ...cloud, repo: `${origin}/org/repo` }
      expect(await ask(line(given, { REPO_TOKEN: 'mine' }))).toEqual(['mine'])
    })
  })

  test.each<[string, string, boolean, Variables, string[]]>([
    ['github.com', 'github', false, both, ['GITHUB_TOKEN']],
    ['www.github.com', 'github', false, both, ['GITHUB_TOKEN']],
    ['octo.ghe.com', 'github', false, both, ['GITHUB_TOKEN']],
    ['github.com.evil.example', 'github', true, both, []],
    ['evil-ghe.com', 'github', true, both, []],
    ['github.com:8443', 'github', true, both, []],
    ['ghes.corp', 'github', true, { ...both, GH_HOST: 'GHES.corp' }, ['GITHUB_TOKEN']],
    ['gitlab.com', 'gitlab', false, both, ['GITLAB_TOKEN']],
    ['gitlab.evil.example', 'gitlab', false, both, []],
    ['gitlab.corp', 'gitlab', true, both, ['GITLAB_TOKEN']],
    ['gitlab.corp', 'gitlab', false, { ...both, GITLAB_HOST: 'gitlab.corp' }, ['GITLAB_TOKEN']],
    ['gitlab.corp', 'gitlab', false, { ...both, GITLAB_HOST: 'https://gitlab.corp' }, ['GITLAB_TOKEN']],
    ['gitlab.com', 'gitlab', true, { ...both, GITLAB_CI: 'true', CI_SERVER_URL: 'https://lab' }, []],
    ['lab', 'gitlab', true, { ...both, GITLAB_CI: 'true', CI_SERVER_URL: 'https://lab' }, ['GITLAB_TOKEN']],
    ['github.com', 'gitlab', true, both, ['GITLAB_TOKEN']],
    ['github.com', 'bitbucket', true, both, []],
  ])('for %s at %s (named: %s) is one of %j', (host, forge, named, variables, left) => {
    const raw = { given: {}, variables, words: [], problems: [], prefix: '' } as const
    const fitting = fittingTokens(raw, { forge, repo: new URL(`https://${host}/org/repo`), named })
    expect(Object.keys(both).filter((name) => fitting.raw.variables[name])).toEqual(left)
    expect(fitting.withheld).toHaveLength(2 - left.length)
  })
})
