import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

import { parseUnit, type Unit } from './unit-file.ts'

/** The unit files of a machine: what was really written below its root. */
export class Units {
  readonly #root: string
  readonly #own: string
  readonly #volatile: string

  constructor(root: string) {
    this.#root = root
    this.#own = join(root, 'etc/systemd/system')
    this.#volatile = join(root, 'run/systemd/system')
  }

  /** A unit, or its template. Throws for a line that the emulator does not know. */
  load(name: string): Unit | undefined {
    const files = [name, name.replace(/@[^.]*\./, '@.')]
    const paths = files.flatMap((file) => [join(this.#own, file), join(this.#volatile, file)])
    const path = paths.find((candidate) => existsSync(candidate))
    return path === undefined ? undefined : parseUnit(name, readFileSync(path, 'utf8'))
  }

  /** Names of what the disk adds to a target. */
  wantedBy(target: string): string[] {
    const folder = join(this.#own, `${target}.wants`)
    return existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name))) : []
  }

  /** Our units name paths with the root prefix. */
  meetsConditions(unit: Unit): boolean {
    return unit.all('Unit', 'ConditionPathExists').every((condition) => {
      const path = condition.replace(/^!/, '')
      if (!path.startsWith(`${this.#root}/`)) throw new Error(`${unit.name}: outside of the root: ${path}`)
      return existsSync(path) !== condition.startsWith('!')
    })
  }

  isMasked(name: string): boolean {
    try {
      return readlinkSync(join(this.#own, name)) === '/dev/null'
    } catch {
      return false
    }
  }

  mask(name: string): void {
    mkdirSync(this.#own, { recursive: true })
    rmSync(join(this.#own, name), { force: true })
    symlinkSync('/dev/null', join(this.#own, name))
  }
}
