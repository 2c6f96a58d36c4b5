import { machinePaths } from './paths.ts'

/**
 * Scripts that GitHub's runner executes around each job, as `bash -e FILE` and as the runner's user; a failure of theirs would
 * fail the job (actions/runner docs/adrs/1751-runner-job-hooks.md), so they never fail. They find the root prefix in
 * their own path, because a job's environment says nothing of us.
 */
const opening = (name: string) => `#!/bin/bash
root=\${0%${machinePaths.home}/*}
{ : >"$root${machinePaths.hooks}/${name}-$(date +%s%N)"; } 2>/dev/null || true
`

/** Docker may still be in the making when the first job comes: it waits here, 3 minutes at most. */
export const jobStartedHook = `${opening('started')}if [ ! -e "$root${machinePaths.packagesDone}" ]; then
  echo 'Waiting for the installation of Docker'
  for _ in {1..360}; do
    [ -e "$root${machinePaths.packagesDone}" ] && break
    sleep 0.5 || true
  done
fi
exit 0
`

export const jobCompletedHook = `${opening('completed')}exit 0\n`
