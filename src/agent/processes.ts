import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

import { descends, findWorkers } from './look.ts'

/** Only what finds programs; nothing of ours is for them. */
const plain = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' }

/** When a process began, in whatever words the system has for it; undefined for one that is not there. */
export function startOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  if (!hasProc()) return listed(['-p', String(pid)])[0]?.started
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** As in the footing: living processes called `name` below `root`. */
export function workersBelow(root: number, name: string): readonly string[] {
  return hasProc() ? findWorkers(root, name) : workersIn(listed(['-A']), root, name)
}

/** Living processes whose program, or the script that an interpreter executes, lies in a folder. */
export function processesIn(folder: string): readonly number[] {
  const isIn = (words: readonly string[]) => words.slice(0, 3).some((word) => word.startsWith(`${folder}/`))
  if (!hasProc()) return listed(['-A']).flatMap(({ pid, words }) => (isIn(words) ? [pid] : []))
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && isIn(wordsOf(pid)))
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** macOS has none. */
function hasProc(): boolean {
  return existsSync('/proc/self/stat')
}

/** A line of `ps -o pid=,ppid=,lstart=,command=`. */
export interface Listed {
  readonly pid: number
  readonly parent: number
  readonly started: string
  readonly words: readonly string[]
}

function listed(which: readonly string[]): readonly Listed[] {
  try {
    const words = [...which, '-ww', '-o', 'pid=,ppid=,lstart=,command=']
    return readListing(
      execFileSync('ps', words, { env: plain, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
    )
  } catch {
    return []
  }
}

/** `  501   1 Thu Nov 26 21:37:14 2026     /bin/bash ./run.sh`: ps(1) of macOS, and of Linux. */
export function readListing(text: string): readonly Listed[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, started = '', command = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\w{3} +\w{3} +\d+ [\d:]{8} \d{4})\s+(.*)$/.exec(line) ?? []
    if (pid === undefined) return []
    return [{ pid: Number(pid), parent: Number(parent), started, words: command.split(' ') }]
  })
}

/** The same as `findWorkers`, from such a listing. */
export function workersIn(all: readonly Listed[], root: number, name: string): readonly string[] {
  const byPid = new Map(all.map((one) => [one.pid, one]))
  return all.flatMap(({ pid, started, words }) =>
    descends(byPid, pid, root) && words.slice(0, 3).some((word) => basename(word) === name)
      ? [`${pid}:${started}`]
      : [],
  )
}
