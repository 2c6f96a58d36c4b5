import * as machinePaths from './paths.ts'

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
docker || echo 'Waiting for Docker'
folder || echo 'Waiting for files of the job before'
for _ in {1..360}; do
  docker && folder && break
  sleep 0.5 || true
done
docker || echo 'No Docker: this job goes on without'
exit 0
`

/** What people want to know of the machine that their job is on. */
export interface JobCard {
  /** One line. */
  readonly text: string
  /** The same in fewer words, for programs that are told it with a flag. */
  readonly brief: string
  /** What a job costs is told where it is known. */
  readonly usdPerHour?: number
}

/** Tells the machine and its GPUs, and notes when the job began. */
export function jobStartedHook(card?: JobCard): string {
  const told = card
    ? `echo "${plain(card.text).replaceAll('$', '\\$')}"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null || true
touch "$RUNNER_TEMP/.cml-runner" 2>/dev/null || true
`
    : ''
  return `${opening}${message('started')}${told}${waiting}`
}

/** Tells what the job took: time, money, memory at its peak (of this runner so far, as the kernel counts it), the disk as it is. */
export function jobCompletedHook(card?: JobCard): string {
  return `${opening}${message('completed')}${card ? closing(card) : ''}exit 0\n`
}

/** Ten-thousandths of a dollar: shells know whole numbers alone. */
function closing({ usdPerHour }: JobCard): string {
  const cost =
    usdPerHour === undefined
      ? ''
      : `c=$((t*${Math.round(usdPerHour * 10_000)}/3600))
printf 'about $%d.%04d, ' $((c/10000)) $((c%10000))
`
  return `{
t=$(($(date +%s)-$(stat -c %Y "$RUNNER_TEMP/.cml-runner")))
printf 'This job took %dm %ds, ' $((t/60)) $((t%60))
${cost}m=$(cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.peak") && printf 'memory at its peak %d MB, ' $((m>>20))
echo "disk$(df --output=pcent / | tail -1) full"
} 2>/dev/null || true
`
}

/** Between quotes of a shell, or behind its `#`, nothing but these; its caller takes the meaning from the `$`. */
export function plain(text: string): string {
  return text.replace(/[^\w .,:;$()/+-]/g, '')
}

/** The wait alone, for a runner whose lines tell of every job and whose hooks come in no pairs. */
export const jobWaitHook = `${opening}${waiting}`
