import type { Variables } from './origin.ts'

/** ms before its end within which a signal to a job counts as that end: clocks of server and runner differ. */
const margin = 60_000

/**
 * Whether the after_script of a job runs when its script is told to stop. A cancelled job has one since GitLab 17.0 and gitlab-runner 16.11.1
 * (GitLab docs, "after_script"). A job at the end of its time has none: what runs it is then at its end, too (gitlab-runner
 * common/build.go). Nor has one that is cancelled by force or whose runner is being stopped, which cannot be told from a cancel.
 */
export function afterScriptFollows(variables: Variables, now: number): boolean {
  const { CI_SERVER_VERSION, CI_RUNNER_VERSION } = variables
  const known = isAtLeast(CI_SERVER_VERSION, [17, 0, 0]) && isAtLeast(CI_RUNNER_VERSION, [16, 11, 1])
  return known && now < endOfJob(variables) - margin
}

/** Unix ms at which the runner ends the job; Infinity where that is not known. GitLab has both variables since 15.7. */
export function endOfJob({ CI_JOB_STARTED_AT = '', CI_JOB_TIMEOUT = '' }: Variables): number {
  const end = Date.parse(CI_JOB_STARTED_AT) + Number(CI_JOB_TIMEOUT || NaN) * 1000
  return Number.isNaN(end) ? Infinity : end
}

function isAtLeast(version: string | undefined, least: readonly number[]): boolean {
  const [, ...parts] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version ?? '') ?? []
  const different = parts.findIndex((part, index) => Number(part) !== least[index])
  return parts.length > 0 && (different === -1 || Number(parts[different]) > least[different]!)
}
