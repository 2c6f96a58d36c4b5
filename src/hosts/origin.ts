import { randomUUID } from 'node:crypto'
import type { Origin } from '../model/identity.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Where in GitHub Actions this process runs. The job is told by the worker's RUNNER_TRACKING_ID, a GUID for each job; where that
 * is blank by `jobInstance` (an internal input of the action: check run and matrix index); else by its key alone.
 */
export function githubOrigin(variables: Variables, jobInstance: string | undefined): Origin {
  const index = jobInstance?.replace(/^\/*$/, '')
  return {
    host: 'github',
    run: variables.GITHUB_RUN_ID ?? '',
    attempt: variables.GITHUB_RUN_ATTEMPT || '1',
    job: variables.RUNNER_TRACKING_ID || `${variables.GITHUB_JOB ?? ''}/${index ?? ''}`,
    step: variables.GITHUB_ACTION ?? '',
    owner: ownerOf(variables.GITHUB_TRIGGERING_ACTOR || variables.GITHUB_ACTOR),
  }
}

/** Where in GitLab CI this process runs. A retried job has an id of its own, so there are no attempts. */
export function gitlabOrigin(variables: Variables): Origin {
  return {
    host: 'gitlab',
    run: variables.CI_PIPELINE_ID ?? '',
    attempt: '1',
    job: variables.CI_JOB_ID ?? '',
    step: '',
    owner: ownerOf(variables.GITLAB_USER_LOGIN),
  }
}

/** Outside CI nothing tells two launches apart, so chance does. */
export function terminalOrigin(variables: Variables): Origin {
  const run = randomUUID()
  return {
    host: 'terminal',
    run,
    attempt: '1',
    job: run,
    step: '',
    owner: ownerOf(variables.USER || variables.USERNAME),
  }
}

/** For people, and no reason to refuse a launch: what a cloud would not take as a tag is left out: the strictest takes 256 characters. */
function ownerOf(name = ''): string {
  return Array.from(name.replace(/\p{C}/gu, '')).slice(0, 120).join('')
}
