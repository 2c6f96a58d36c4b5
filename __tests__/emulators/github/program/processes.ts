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

/**
 * Kills a process and everything below it. All of it is stopped first: what is started between a look at the table and the death of its parent
 * would be nobody's child, live on, and hold the parent's output open.
 */
export function killTree(root: number): void {
  const stopped = new Set<number>()
  for (let found = [root]; found.length > 0; found = descendants(root).filter((pid) => !stopped.has(pid)))
    for (const pid of found) {
      stopped.add(pid)
      send(pid, 'SIGSTOP')
    }
  for (const pid of stopped) send(pid, 'SIGKILL')
}

export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 1) process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** Ends what a job left running: everything with the job's own id in its environment, as the official worker does. */
export async function endTracked(tracking: string): Promise<void> {
  for (const pid of pids()) {
    if (pid === process.pid || !read(`/proc/${pid}/environ`).includes(`RUNNER_TRACKING_ID=${tracking}`))
      continue
    send(pid, 'SIGKILL')
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
