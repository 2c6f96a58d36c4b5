import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The numbers of all processes that exist now. */
function all(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function read(get: () => string): string {
  try {
    return get()
  } catch {
    // It ended, or is not ours to look at.
    return ''
  }
}

/**
 * Processes of a machine: those whose environment, command or working folder lies in its folder. An emulated machine has no
 * namespaces; a name that nothing else on the host has is what its processes share.
 */
export function processesIn(folder: string): number[] {
  return all().filter((pid) => {
    if (pid === process.pid) return false
    if (read(() => readlinkSync(`/proc/${pid}/cwd`)).startsWith(folder)) return true
    return ['cmdline', 'environ'].some((file) =>
      read(() => readFileSync(`/proc/${pid}/${file}`, 'latin1')).includes(folder),
    )
  })
}

/** Processes of a session: what systemd would know by the unit's cgroup. Zombies are not counted. */
export function processesOfSession(session: number): number[] {
  return all().filter((pid) => {
    const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
    const [state, , , id] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(id) === session && state !== 'Z'
  })
}

export function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    // To the kernel -1 is everybody and 0 ourselves; here they stand for a process that never was.
    if (pid === -1 || pid === 0) continue
    try {
      process.kill(pid, name)
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Kills until nothing is left, also what is started meanwhile. */
export async function killAll(find: () => readonly number[]): Promise<void> {
  for (let pids = find(); pids.length > 0; pids = find()) {
    signal(pids, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The command lines of processes, for a test that asks what runs, or what is seen in arguments. */
export function commandsOf(pids: readonly number[]): string[][] {
  return pids.map((pid) =>
    read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .split('\0')
      .slice(0, -1),
  )
}

/** The environment of a process. */
export function environmentOf(pid: number): Record<string, string> {
  const text = read(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
  const pairs = text
    .split('\0')
    .filter(Boolean)
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  return Object.fromEntries(pairs) as Record<string, string>
}
