import { joinGitlab, publish } from '../chaos/gitlab-rig.ts'
import { prepareGitlabJob } from '../emulators/gitlab-job.ts'
import { startGitlab } from '../emulators/gitlab/gitlab.ts'
import type { SceneOf } from '../emulators/scene.ts'
import { isAboutRunners, isWaiting, oursIn, requestName } from './forge-side.ts'
import type { BenchForge, ForgeProbe, ScaleForge } from './forge-side.ts'

type GitlabScene = SceneOf<'gitlab'>

/** Of GitLab.com: docs.gitlab.com/user/gitlab_com, "Rate limits on GitLab.com". */
const requestsPerMinute = 2_000

export const gitlabBench: BenchForge<GitlabScene> = {
  title: 'GitLab',
  probe,
  async prepare({ secrets }, options) {
    const { script, afterScript, kill, dispose } = prepareGitlabJob({ ...options, secrets })
    return { main: script, post: afterScript, kill, dispose }
  },
  // Its jobs are scripts.
  bare: (program) => ['bash', ['-c', 'set -eo pipefail\n"$0" -e "$1"\n', process.execPath, program]],
  bareFrom: 'from a shell ',
  cancel: { signal: 'SIGTERM', exitCode: 143, follower: 'after_script' },
  job: { GITLAB_CI: 'true', CI_PIPELINE_ID: '7200000001', CI_JOB_ID: '881' },
  crowd,
}

/** With either a runner is seen for the first time. */
const asksForJobs = /^\/api\/v4\/(runners\/verify|jobs\/request)$/

function probe({ cloud, gitlab }: GitlabScene): ForgeProbe {
  const token = gitlab.token()
  return {
    token,
    seed: (count, whose) =>
      gitlab.seedRunners(count, whose === 'ours' ? { tags: [...oursIn(cloud), 'cml-runner-managed'] } : {}),
    holdRunners: (until) => void (gitlab.hold = ({ path }) => (asksForJobs.test(path) ? until : undefined)),
    online: () => gitlab.until(() => gitlab.runners().some(isWaiting)),
    calls: () => gitlab.journal.filter(({ headers }) => headers['private-token'] === token),
    hush: () => (gitlab.fault = (request) => (isAboutRunners(request) ? 'silent' : undefined)),
    asked: () => gitlab.until(() => gitlab.journal.find(isAboutRunners)),
  }
}

async function crowd(): Promise<ScaleForge> {
  const gitlab = await startGitlab()
  gitlab.dials.rateLimit = requestsPerMinute
  publish(gitlab)
  return {
    variables: {
      ...gitlab.variables,
      CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads,
      CML_NODE_DOWNLOADS: gitlab.nodeDownloads,
    },
    token: gitlab.token(),
    join: (config) => joinGitlab(gitlab, config),
    joinsWith: 'listening',
    inputs: { driver: 'gitlab' },
    registered: () => gitlab.runners().map(({ name }) => name),
    calls: () =>
      gitlab.journal
        .filter(({ headers }) => headers['private-token'] === gitlab.token())
        .map((entry) => ({
          name: requestName(entry, /^\/api\/v4/),
          throttled: entry.status === 429,
        })),
    seed: (count) => gitlab.seedRunners(count),
    refused: gitlab.refused,
    close: () => gitlab.close(),
  }
}
