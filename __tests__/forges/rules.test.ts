import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Forge } from '../../src/forges/forge.ts'
import type { Check } from '../../src/model/check.ts'
import { startGithub, type GithubEmulator } from '../emulators/github/github.ts'
import { startGitlab, type GitlabEmulator } from '../emulators/gitlab/gitlab.ts'
import { openGithub } from './github-world.ts'
import { openGitlab } from './gitlab-world.ts'

const request = {
  ...{ name: 'trainer', labels: ['cml'], single: false, lifetime: 3600 },
  platform: { os: 'linux', architecture: 'x64' } as const,
}

/** `verdict what: said → fix` of what begins so. */
async function told(forge: Forge, what: string): Promise<string | undefined> {
  const found: Check[] = []
  for await (const check of forge.examine(request)) if (check.what.startsWith(what)) found.push(check)
  expect(found.length).toBeLessThan(2)
  return found.map(({ verdict, said, fix }) => `${verdict} ${said}${fix ? ` → ${fix}` : ''}`)[0]
}

describe('rules of GitHub', () => {
  let github: GithubEmulator
  beforeEach(async () => void (github = await startGithub()))
  afterEach(async () => {
    expect(github.refused).toEqual([])
    await github.close()
  })
  const ofRepository = (kind: Parameters<GithubEmulator['token']>[0] = 'admin') =>
    openGithub(github, { token: github.token(kind) }).forge
  const ofOrganisation = (kind: Parameters<GithubEmulator['token']>[0] = 'admin') =>
    openGithub(github, { token: github.token(kind), repo: `${github.url}/octo-org` }).forge

  test('an archived repository is bad', async () => {
    expect(await told(ofRepository(), 'repository ')).toBe('good it is neither archived nor disabled')
    github.dials.rules.archived = true
    expect(await told(ofRepository(), 'repository ')).toBe(
      'bad it is archived: none of its jobs runs → give another `repo`.',
    )
  })

  test('Actions that are switched off are bad, of a repository and of an organisation', async () => {
    expect(await told(ofRepository(), 'GitHub Actions')).toBe('good it is switched on')
    expect(await told(ofOrganisation(), 'GitHub Actions')).toBe('good it is switched on')
    github.dials.rules.actions = false
    const where = /^bad it is switched off: no job runs → switch it on at http:\S+\/settings\/actions\.$/
    expect(await told(ofRepository(), 'GitHub Actions')).toMatch(where)
    expect(await told(ofOrganisation(), 'GitHub Actions')).toMatch(where)
  })

  test.each([
    ['all', /^good all may have some$/],
    [
      'selected',
      /^unknown selected ones .* → change it at .*\/organizations\/octo-org\/settings\/actions, or/,
    ],
    ['none', /^bad none may have any → change it at /],
  ] as const)('an organisation that lets %s repositories have runners', async (which, line) => {
    github.dials.rules.ownRunners = which
    expect(await told(ofRepository(), 'runners of repositories in octo-org')).toMatch(line)
  })

  test('whoever belongs to nobody’s organisation is not asked about one', async () => {
    github.dials.accounts = { 'octo-org': 'User' }
    expect(await told(ofRepository(), 'runners of repositories')).toBeUndefined()
  })

  test('pull requests from forks are told of public repositories, with the setting', async () => {
    expect(await told(ofRepository(), 'pull requests from forks')).toMatch(
      /^unknown the repository is public, and whoever has contributed once may run code .*first_time_contributors\) → .*gh api -X PUT repos\/octo-org\/octo-repo\/actions\/permissions\/fork-pr-contributor-approval -f approval_policy=all_external_contributors$/,
    )
    github.dials.rules.forks = 'first_time_contributors_new_to_github'
    expect(await told(ofRepository(), 'pull requests from forks')).toMatch(
      /^unknown the repository is public, and everybody whose account at GitHub is not new may run code/,
    )
    github.dials.rules.forks = 'all_external_contributors'
    expect(await told(ofRepository(), 'pull requests from forks')).toMatch(/^good the repository is public/)
    github.dials.privateRepository = true
    expect(await told(ofRepository(), 'pull requests from forks')).toBeUndefined()
  })

  test('what a token may not read is unknown, in GitHub’s words', async () => {
    const forge = ofRepository('fine-grained-without-permission')
    for (const what of ['GitHub Actions', 'runners of repositories', 'pull requests from forks'])
      expect(await told(forge, what)).toMatch(/^unknown .*not accessible by personal access token/)
  })
})

describe('rules of GitLab', () => {
  let gitlab: GitlabEmulator
  beforeEach(async () => void (gitlab = await startGitlab()))
  afterEach(async () => {
    expect(gitlab.refused).toEqual([])
    await gitlab.close()
  })
  const open = () => openGitlab(gitlab).forge

  test('an archived project is bad', async () => {
    expect(await told(open(), 'project ')).toBe('good it is not archived')
    gitlab.dials.rules.archived = true
    expect(await told(open(), 'project ')).toMatch(/^bad it is archived/)
  })

  test('CI/CD that is switched off is bad', async () => {
    gitlab.dials.rules.pipelines = 'private'
    expect(await told(open(), 'CI/CD of ')).toBe('good it is switched on')
    gitlab.dials.rules.pipelines = 'disabled'
    expect(await told(open(), 'CI/CD of ')).toMatch(/^bad it is switched off: no job runs → switch it on: /)
  })

  test('merge requests from forks are told of public projects, with the setting', async () => {
    expect(await told(open(), 'merge requests from forks')).toMatch(
      /^unknown the project is public, .* → .*ci_allow_fork_pipelines_to_run_in_parent_project=false$/,
    )
    gitlab.dials.rules.forks = false
    expect(await told(open(), 'merge requests from forks')).toMatch(/^good /)
    gitlab.dials.privateProjects = true
    expect(await told(open(), 'merge requests from forks')).toBeUndefined()
  })

  test('a group has none of these', async () => {
    const { forge } = openGitlab(gitlab, { repo: '/octo-group' })
    for (const what of ['project ', 'CI/CD of ', 'merge requests'])
      expect(await told(forge, what)).toBeUndefined()
  })
})
