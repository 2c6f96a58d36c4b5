import { joinGithub } from '../chaos/github-rig.ts'
import { prepareAction } from '../emulators/action-runner.ts'
import { documentedSecondary } from '../emulators/github/dials.ts'
import { startGithub } from '../emulators/github/github.ts'
import type { SceneOf } from '../emulators/scene.ts'
import { isAboutRunners, isWaiting, oursIn, requestName } from './forge-side.ts'
import type { BenchForge, ForgeProbe, ScaleForge } from './forge-side.ts'

type GithubScene = SceneOf<'github'>

export const githubBench: BenchForge<GithubScene> = {
  title: undefined,
  probe,
  async prepare(_, options) {
    const { main, post, child, dispose } = await prepareAction(options)
    return { main, post, dispose, kill: () => void child()?.kill('SIGKILL') }
  },
  bare: (program) => [process.execPath, ['-e', program]],
  bareFrom: '',
  cancel: { signal: 'SIGINT', exitCode: 130, follower: 'post step' },
  job: {
    GITHUB_ACTIONS: 'true',
    GITHUB_RUN_ID: '7100000001',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: 'deploy',
  },
  crowd,
}

function probe({ cloud, github }: GithubScene): ForgeProbe {
  const token = github.token()
  return {
    token,
    seed: (count, whose) => github.seedRunners(count, whose === 'ours' ? { labels: oursIn(cloud) } : {}),
    holdRunners: (until) =>
      void (github.hold = ({ method, path }) =>
        method === 'POST' && path.endsWith('/sessions') ? until : undefined),
    online: () => github.until(() => github.runners().some(isWaiting)),
    calls: () => github.journal.filter(({ headers }) => headers.authorization?.endsWith(token)),
    hush: () => (github.fault = (request) => (isAboutRunners(request) ? 'silent' : undefined)),
    asked: () => github.until(() => github.journal.find(isAboutRunners)),
  }
}

async function crowd(): Promise<ScaleForge> {
  const github = await startGithub()
  github.dials.secondary = documentedSecondary
  return {
    variables: { ...github.variables, GITHUB_ACTIONS: 'true' },
    token: github.token(),
    join: (config) => joinGithub(github, config),
    joinsWith: 'registered',
    inputs: {},
    registered: () => github.runners().map(({ name }) => name),
    calls: () =>
      github.journal
        .filter(({ side, headers }) => side === 'api' && headers.authorization?.endsWith(github.token()))
        .map((entry) => ({
          name: requestName(entry, /^\/repos\/[^/]+\/[^/]+/),
          throttled: entry.status === 403 || entry.status === 429,
        })),
    seed: (count) => github.seedRunners(count),
    refused: github.refused,
    close: () => github.close(),
  }
}
