import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

export interface LogLine {
  /** ISO, with nanoseconds as nodes write them. */
  readonly at: string
  readonly text: string
}

export interface LogQuery {
  readonly tailLines?: number
  readonly limitBytes?: number
  readonly timestamps?: boolean
  /** ISO; lines of that second and later. */
  readonly sinceTime?: string
}

/** What a container has printed, line by line, as a node keeps it. */
export class ContainerLog {
  readonly lines: LogLine[] = []
  readonly #path: string
  readonly #readers = new Set<() => void>()
  readonly #rests = new Map<object, string>()
  #over = false

  /** `path`: a file that keeps it for people. */
  constructor(path: string) {
    this.#path = path
    writeFileSync(path, '')
  }

  get text(): string {
    return readFileSync(this.#path, 'utf8')
  }

  get over(): boolean {
    return this.#over
  }

  /** `stream`: whose it is. What comes of two streams at once stays apart: a line is of one of them. */
  write(stream: object, chunk: string): void {
    const pieces = ((this.#rests.get(stream) ?? '') + chunk).split('\n')
    this.#rests.set(stream, pieces.pop() ?? '')
    this.#take(pieces)
  }

  end(): void {
    this.#over = true
    this.#take([...this.#rests.values()].filter(Boolean))
    this.#rests.clear()
  }

  /** What there is by now. */
  read({ tailLines, limitBytes, timestamps, sinceTime }: LogQuery = {}): string {
    const since = sinceTime === undefined ? -Infinity : Date.parse(sinceTime)
    const late = this.lines.filter(({ at }) => Date.parse(at) >= since)
    const lines = tailLines === undefined ? late : late.slice(Math.max(0, late.length - tailLines))
    const text = lines.map((line) => rendered(line, timestamps)).join('')
    return limitBytes === undefined ? text : Buffer.from(text).subarray(0, limitBytes).toString('utf8')
  }

  /** Gives each line that comes after those that are there, until the container has ended. Returns what stops it. */
  follow(line: (text: string) => void, over: () => void, timestamps = false): () => void {
    let told = this.lines.length
    const look = () => {
      for (const next of this.lines.slice(told)) line(rendered(next, timestamps))
      told = this.lines.length
      if (!this.#over) return
      this.#readers.delete(look)
      over()
    }
    this.#readers.add(look)
    look()
    return () => this.#readers.delete(look)
  }

  /** Resolves with the first line, printed already or yet to come, that has this text; rejects when the container ends without it. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const line = this.lines.find((printed) => printed.text.includes(text))?.text
        if (line === undefined && !this.#over) return
        this.#readers.delete(look)
        if (line === undefined) reject(new Error(`the container ended first:\n${this.text}`))
        else resolve(line)
      }
      this.#readers.add(look)
      look()
    })
  }

  #take(texts: readonly string[]): void {
    const at = new Date().toISOString().replace('Z', '000000Z')
    appendFileSync(this.#path, texts.map((text) => `${text}\n`).join(''))
    this.lines.push(...texts.map((text) => ({ at, text })))
    for (const look of [...this.#readers]) look()
  }
}

const rendered = ({ at, text }: LogLine, timestamps = false): string =>
  timestamps ? `${at} ${text}\n` : `${text}\n`
