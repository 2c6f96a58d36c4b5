import { opendirSync, readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

import { hookMessagePattern } from '../machine/paths.ts'

interface Process {
  readonly parent: number
  /** Clock ticks after boot: tells a process from a later one of the same number. */
  readonly started: string
}

/** Every process, from /proc/PID/stat (proc(5)); the name in it is in brackets and may hold anything, spaces included. */
function processes(): Map<number, Process> {
  const found = new Map<number, Process>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = read(`/proc/${pid}/stat`)
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields.length > 19) found.set(pid, { parent: Number(fields[1]), started: fields[19] ?? '' })
  }
  return found
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It ended since its folder was listed.
    return ''
  }
}

/**
 * Living processes called `name` below the process `root`, as `pid:start`. Found by the program they execute, not by what
 * they call themselves; jobs are below `root` too, but a job that imitates a worker only keeps its own machine.
 */
export function findWorkers(root: number, name: string): string[] {
  const all = processes()
  return [...all].flatMap(([pid, { started }]) =>
    descends(all, pid, root) && executes(pid, name) ? [`${pid}:${started}`] : [],
  )
}

/**
 * The table is no snapshot: it is read process by process while numbers are given again, so that parents may form a circle. No
 * true line of them is longer than the table.
 */
export function descends(
  all: ReadonlyMap<number, Pick<Process, 'parent'>>,
  pid: number,
  root: number,
): boolean {
  let parent = all.get(pid)?.parent
  for (let hops = 0; parent && parent !== root && hops < all.size; hops++) parent = all.get(parent)?.parent
  return parent === root
}

/** The program, or the script that an interpreter executes. */
function executes(pid: number, name: string): boolean {
  return read(`/proc/${pid}/cmdline`)
    .split('\0')
    .slice(0, 3)
    .some((word) => basename(word) === name)
}

/** Most files of a look: the folder belongs to the user that runs jobs, who may have filled it. */
const most = 1000

/** Messages that hooks left in a folder since the last call, oldest first. Only names are looked at. */
export function takeHookMessages(folder: string): ('started' | 'completed')[] {
  const names: string[] = []
  try {
    const listing = opendirSync(folder)
    for (let entry = listing.readSync(); entry && names.length < most; entry = listing.readSync())
      names.push(entry.name)
    listing.closeSync()
  } catch {
    return []
  }
  const times = new Map<string, bigint>()
  for (const name of names) {
    if (removed(join(folder, name)) && hookMessagePattern.test(name))
      times.set(name, BigInt(name.slice(name.indexOf('-') + 1)))
  }
  const sorted = [...times].sort(([, a], [, b]) => (a < b ? -1 : 1))
  return sorted.map(([name]) => (name.startsWith('started') ? 'started' : 'completed'))
}

/** Removes a name, never what it points to. False for a folder: what stays would be read again and again. */
function removed(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch {
    return false
  }
}
