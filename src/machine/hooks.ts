import { machinePaths } from './paths.ts'

/**
 * Scripts that GitHub's runner executes around each job, as `bash -e FILE` and as the runner's user; a failure of theirs would
 * fail the job (actions/runner docs/adrs/1751-runner-job-hooks.md), so they never fail. They find the root prefix in
 * their own path, because a job's environment says nothing of us.
 */
const opening = `#!/bin/bash
root=\${0%${machinePaths.home}/*}
`

const message = (name: string) =>
  `{ : >"$root${machinePaths.hooks}/${name}-$(date +%s%N)"; } 2>/dev/null || true\n`

/**
 * A job waits here, 3 minutes at most: for Docker, which may still be in the making when the first one comes, and for the agent
 * (work-folder.ts), which may still be giving files of the job before to the runner's user.
 */
const waiting = `docker() { [ -e "$root${machinePaths.packagesDone}" ]; }
folder() { [ ! -e "$root${machinePaths.state}/returning" ]; }
docker || echo 'Waiting for the installation of Docker'
folder || echo 'Waiting for the work folder: files of the job before are being given back'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'Docker is still not installed: this job goes on without it'
exit 0
`

export const jobStartedHook = `${opening}${message('started')}${waiting}`

export const jobCompletedHook = `${opening}${message('completed')}exit 0\n`

/** The wait alone, for a runner whose lines tell of every job and whose hooks come in no pairs. */
export const jobWaitHook = `${opening}${waiting}`
