import { readdirSync, readFileSync } from 'node:fs'

/** Pids of everything below a process, deepest last. Linux only, like the emulated runner. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number[]>()
  for (const entry of pids()) {
    const parent = Number(/\) \S (\d+)/.exec(read(`/proc/${entry}/stat`))?.[1])
    parents.set(parent, [...(parents.get(parent) ?? []), entry])
  }
  const below = (id: number): number[] => (parents.get(id) ?? []).flatMap((child) => [child, ...below(child)])
  return below(pid)
}

/** Ends what a job left running: everything with the job's own id in its environment, as the official worker does. */
export async function endTracked(tracking: string): Promise<void> {
  for (const pid of pids()) {
    if (pid === process.pid || !read(`/proc/${pid}/environ`).includes(`RUNNER_TRACKING_ID=${tracking}`))
      continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  await Promise.resolve()
}

const pids = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger)

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
