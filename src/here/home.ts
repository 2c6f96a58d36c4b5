import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { startOf } from '../agent/processes.ts'
import { digest } from '../model/identity.ts'
import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import type { HereOrder } from './order.ts'

/** The folder of one runner on this machine. One process has it at a time; the next one finds what is there. */
export interface Home {
  readonly folder: string
  /** The forge's program works there. */
  readonly tree: string
  readonly work: string
  /** Holds the digest of what was unpacked. */
  readonly marker: string
  /** The process that was started last. */
  readonly pid: string
  /** What is, or may be, registered at the forge. */
  readonly registration: string
  /** Files that all runners of this machine share. */
  readonly store: string
  release(): void
}

/** Nobody has that many runners on one machine. */
const most = 100

/**
 * Takes a folder: the one that belongs to a `workdir`, else the first that nobody has. One whose process died is as good as free. Throws
 * `already-exists` when a living process has the only one that is meant.
 */
export function takeHome(order: HereOrder, { forge }: Pick<Ports, 'forge'>): Home {
  const { base, workdir, user } = order
  const names =
    workdir === undefined
      ? Array.from({ length: most }, (_, index) => `${forge.name}-${index + 1}`)
      : [`${forge.name}-${digest([workdir]).slice(0, 8)}`]
  try {
    mkdirSync(base, { recursive: true, mode: user ? 0o755 : 0o700 })
    for (const name of names) {
      const folder = join(base, name)
      mkdirSync(folder, { recursive: true, mode: 0o755 })
      const lock = join(folder, 'lock')
      if (take(lock)) return layOut(folder, lock, order)
    }
  } catch (error) {
    throw unusable(base, error)
  }
  throw new Failure('already-exists', {
    tried: `work in ${workdir ?? base}`,
    said: workdir === undefined ? `${most} runners work there` : 'another cml-runner works there',
    fix: 'give each runner of this machine a `workdir` of its own, or none.',
  })
}

/**
 * Folders of runners of this forge that died before their registration was taken away. Each is held until it is released, and nobody's folder is among
 * them who lives.
 */
export function takeForsaken(order: HereOrder, { forge }: Pick<Ports, 'forge'>): readonly Home[] {
  const { base } = order
  const names = existsSync(base) ? readdirSync(base).filter((name) => name.startsWith(`${forge.name}-`)) : []
  return names.flatMap((name) => {
    const folder = join(base, name)
    const lock = join(folder, 'lock')
    return existsSync(join(folder, registrationFile)) && take(lock) ? [layOut(folder, lock, order)] : []
  })
}

const registrationFile = 'registration.json'

function layOut(folder: string, lock: string, { base, workdir, user }: HereOrder): Home {
  const tree = join(folder, 'runner')
  mkdirSync(tree, { recursive: true, mode: user ? 0o755 : 0o700 })
  return {
    folder,
    tree,
    work: workdir ?? join(tree, '_work'),
    marker: join(folder, 'program'),
    pid: join(folder, 'pid'),
    registration: join(folder, registrationFile),
    store: join(base, 'programs'),
    release: () => rmSync(lock, { force: true }),
  }
}

/** `PID START`: a later process of the same number has another start. */
function take(lock: string): boolean {
  const own = `${lock}.${process.pid}`
  writeFileSync(own, `${process.pid} ${startOf(process.pid) ?? ''}`)
  try {
    for (let tries = 0; tries < 3; tries++) {
      // It is there with what it says, or not at all.
      if (did(() => linkSync(own, lock), 'EEXIST')) return true
      if (isHeld(lock)) return false
      // Of two that find a dead one's lock, the one that moves it away goes on.
      if (did(() => renameSync(lock, `${own}.old`), 'ENOENT')) rmSync(`${own}.old`, { force: true })
    }
    return false
  } finally {
    rmSync(own, { force: true })
  }
}

/** False where it failed with that code. */
function did(act: () => void, code: string): boolean {
  try {
    act()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === code) return false
    throw error
  }
}

function isHeld(lock: string): boolean {
  const [pid, ...start] = readText(lock).split(' ')
  return startOf(Number(pid)) === start.join(' ')
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '0 gone'
  }
}

function unusable(base: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === undefined) return error
  return new Failure('failed-precondition', {
    tried: `make a folder for the runner below ${base}`,
    said: message,
    code,
    fix: 'give the user that runs this a home folder that it can write to.',
  })
}
