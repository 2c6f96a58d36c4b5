import { spawnSync } from 'node:child_process'

import { describe, expect, test } from '@jest/globals'

import { githubInPod } from '../../src/forges/github/runner-in-pod.ts'
import { gitlabInPod } from '../../src/forges/gitlab/runner-in-pod.ts'

/** As a runner's program executes it: in a job's environment. */
function run(
  script: string | undefined,
  env: Readonly<Record<string, string>> = {},
): readonly [number | null, string] {
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script ?? 'exit 99'], {
    env: { PATH: '/usr/bin:/bin', ...env },
    encoding: 'utf8',
  })
  return [status, stdout + stderr]
}

describe('in a pod a job that asks for a container of its own', () => {
  test('fails at GitHub with one sentence that names the option, by the hook that its program is told', () => {
    const { ACTIONS_RUNNER_CONTAINER_HOOKS: hook = '' } = githubInPod.environment('/opt/cml-runner')
    const [status, said] = run(githubInPod.files[hook.replace('/opt/cml-runner/', '')])
    expect([status, said.trim().split('\n')]).toEqual([1, [expect.stringMatching(/^::error::.*cloud-image/)]])
  })

  test('fails at GitLab with the same sentence, and any other job goes on', () => {
    const hook = gitlabInPod.files['hooks/job-started.sh']
    expect(run(hook, { CI_JOB_IMAGE: 'python:3.13' })).toEqual([1, expect.stringContaining('cloud-image')])
    expect(run(hook)).toEqual([0, ''])
  })
})
