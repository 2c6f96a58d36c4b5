import { appendFileSync, readFileSync, watch, writeFileSync, type FSWatcher } from 'node:fs'

/** The serial console of a machine: a file that its programs write to, and that stays readable when the machine is gone. */
export class MachineConsole {
  readonly #path: string
  readonly #watcher: FSWatcher
  readonly #waiting = new Set<() => void>()
  #last: string | undefined

  constructor(path: string) {
    this.#path = path
    writeFileSync(path, '')
    this.#watcher = watch(path, () => this.changed())
  }

  get text(): string {
    return this.#last ?? readFileSync(this.#path, 'utf8')
  }

  print(line: string): void {
    // Its power may be gone while it boots, and its folder with it.
    if (this.#last === undefined) appendFileSync(this.#path, `${line}\n`)
  }

  /** Something of the machine is not as it was: whoever waits looks again. */
  changed(): void {
    for (const ask of this.#waiting) ask()
  }

  /** Nothing is written any more; waiting in vain ends. */
  close(): void {
    this.#watcher.close()
    this.#last = this.text
    this.changed()
  }

  /** Resolves with what `find` gives as soon as it gives something; rejects when the machine has ended without it. */
  until<T>(find: () => T | undefined | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const ask = () => {
        const found = find()
        const nothing = found === undefined || found === false
        if (nothing && this.#last === undefined) return
        this.#waiting.delete(ask)
        if (nothing) reject(new Error(`the machine ended first:\n${this.text}`))
        else resolve(found)
      }
      this.#waiting.add(ask)
      ask()
    })
  }
}
