import { chownSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { machinePaths } from '../machine/paths.ts'
import { run } from './run.ts'
import type { World } from './world.ts'

type Place = Pick<World, 'root' | 'config' | 'user' | 'environment'>

export function workFolderOf({ root, config }: Pick<Place, 'root' | 'config'>): string {
  return resolve(root + machinePaths.tree, config.workdir ?? '_work')
}

/** Makes the work folder before any job could interfere. A folder that others use is refused: all in it will be given to `runner`. */
export function prepareWorkFolder(place: Place): void {
  const folder = workFolderOf(place)
  const { uid, gid } = place.user
  const made = mkdirSync(folder, { recursive: true })
  if (!made && statSync(folder).uid !== uid && readdirSync(folder).length > 0) {
    throw new Error(`workdir ${folder} exists, is not empty and belongs to another user; name a new folder`)
  }
  chownSync(folder, uid, gid)
}

/** There while files are being given back: the hook at the start of the next job waits (machine/hooks.ts). Root's own. */
const returning = `${machinePaths.state}/returning`

/** Gives the work folder back after each job, one walk at a time. */
export class Returns {
  readonly #place: Place
  #waiting = 0
  #walks: Promise<void> = Promise.resolve()

  constructor(place: Place) {
    this.#place = place
  }

  /** The mark is there when this returns, before the program could take the next job; it goes with the last walk that waits. */
  begin(): Promise<void> {
    this.#waiting++
    this.#mark(true)
    this.#walks = this.#walks
      .then(() => giveBackWorkFolder(this.#place))
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
 * issue 434). Never through a symbolic link (-h), never into another file system (-xdev), and from inside each folder
 * (-execdir), so that nothing can be moved under the walk.
 */
export async function giveBackWorkFolder(place: Place): Promise<void> {
  const { uid, gid } = place.user
  const strangers = ['(', '!', '-uid', String(uid), '-o', '!', '-gid', String(gid), ')']
  const chown = ['-execdir', 'chown', '-h', `${uid}:${gid}`, '{}', '+']
  await run(['find', workFolderOf(place), '-xdev', ...strangers, ...chown], {
    cwd: '/',
    env: { ...place.environment },
  })
}
