import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { resolve } from 'node:path'

import * as machinePaths from '../machine/paths.ts'
import { run } from './run.ts'
import type { Machine } from './world.ts'

type Place = Pick<Machine, 'root' | 'config' | 'user' | 'environment' | 'journal'>

/** What root has prepared: the very folder, whatever stands at its path later. */
export interface WorkFolder {
  /** Without a link in it. */
  readonly path: string
  readonly device: number
  readonly inode: number
}

export function workFolderOf({ root, config }: Pick<Place, 'root' | 'config'>): string {
  return resolve(root + machinePaths.tree, config.workdir ?? '_work')
}

/** Makes the work folder before any job could interfere. A folder that others use is refused: all in it will be given to `runner`. */
export function prepareWorkFolder(place: Place): WorkFolder {
  const folder = workFolderOf(place)
  const { uid, gid } = place.user
  const made = mkdirSync(folder, { recursive: true })
  if (!made && statSync(folder).uid !== uid && readdirSync(folder).length > 0) {
    throw new Error(`workdir ${folder} exists, is not empty and belongs to another user; name a new folder`)
  }
  chownSync(folder, uid, gid)
  const { dev, ino } = statSync(folder)
  return { path: realpathSync(folder), device: dev, inode: ino }
}

/** There while files are being given back: the hook at the start of the next job waits (machine/hooks.ts). Root's own. */
const returning = `${machinePaths.state}/returning`

/** Gives the work folder back after each job, one walk at a time. */
export class Returns {
  readonly #place: Place
  #waiting = 0
  #walks: Promise<unknown> = Promise.resolve()

  constructor(place: Place) {
    this.#place = place
  }

  /** The mark is there when this returns, before the program could take the next job; it goes with the last walk that waits. */
  begin(folder: WorkFolder): Promise<unknown> {
    this.#waiting++
    this.#mark(true)
    this.#walks = this.#walks
      .then(() => giveBackWorkFolder(this.#place, folder))
      .finally(() => --this.#waiting || this.#mark(false))
    return this.#walks
  }

  #mark(there: boolean): void {
    try {
      if (there) writeFileSync(this.#place.root + returning, '')
      else rmSync(this.#place.root + returning, { force: true })
    } catch {
      // Without the mark the next job is a little less safe, as with a walk that fails; no reason to end the machine.
    }
  }
}

/**
 * Returns what containers and sudo left in the work folder to the runner's user, else the next checkout fails (actions/runner
 * issue 434). Jobs may have put anything at its path, so only the folder that was prepared is walked, and from inside: it is
 * opened, looked at, and entered by what was opened. Never through a symbolic link (-h), never into another file system (-xdev),
 * from inside each folder (-execdir), so that nothing can be moved under the walk, and no file that has another name elsewhere.
 */
export async function giveBackWorkFolder(
  { user, environment, journal }: Place,
  folder: WorkFolder,
): Promise<void> {
  const opened = open(folder)
  if (opened === undefined)
    return journal(`cml-runner: ${folder.path} is not the work folder any more, and stays as it is`)
  const strangers = ['(', '!', '-uid', String(user.uid), '-o', '!', '-gid', String(user.gid), ')']
  const own = ['(', '-type', 'd', '-o', '-links', '1', ')']
  const chown = ['-execdir', 'chown', '-h', `${user.uid}:${user.gid}`, '{}', '+']
  try {
    // The child enters it before it executes find, and so while it still has what we have opened.
    const cwd = `/proc/self/fd/${opened}`
    await run(['find', '.', '-xdev', ...own, ...strangers, ...chown], { cwd, env: { ...environment } })
  } finally {
    closeSync(opened)
  }
}

/** Undefined where the folder is not what and where it was. */
function open({ path, device, inode }: WorkFolder): number | undefined {
  let opened: number | undefined
  try {
    opened = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    const { dev, ino } = fstatSync(opened)
    if (dev === device && ino === inode && readlinkSync(`/proc/self/fd/${opened}`) === path) return opened
  } catch {
    // It is gone, or in the way stands something that is no folder.
  }
  if (opened !== undefined) closeSync(opened)
  return undefined
}
