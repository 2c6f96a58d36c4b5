import type { ActionHost } from '../../src/hosts/github-actions.ts'
import { linesOf, type RawOptions, type Trouble } from '../../src/hosts/host.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'

/** One job of a matrix that launches in one process with the others: a host that only remembers. */
export class Leg implements ActionHost {
  readonly name = 'leg'
  readonly lines: string[] = []
  readonly cancel = new AbortController()
  readonly signal = this.cancel.signal
  readonly hurried = true
  /** Main is followed by a post step, which nothing follows. */
  readonly postStep = 'post step'
  postFollows = true
  handedOver = false
  readonly log = levelledLog((level, text) => {
    this.lines.push(`${((performance.now() - this.#began) / 1000).toFixed(1)} ${level}: ${text}`)
  })
  readonly #began = performance.now()
  readonly #job: string
  readonly #saved = new Map<string, string>()
  readonly #options: RawOptions

  constructor(job: string, options: RawOptions) {
    this.#job = job
    this.#options = options
  }

  readOptions = (): RawOptions => this.#options
  origin = () => ({
    host: 'leg',
    run: '7100000001',
    attempt: '1',
    job: this.#job,
    step: 'launch',
    owner: 'somebody',
  })
  mask = (): void => undefined
  group = <T>(title: string, body: () => Promise<T>): Promise<T> => (this.log.info(title), body())
  note = (): void => undefined
  output = (): void => void (this.handedOver = true)
  result = (): void => undefined
  announce = (_: string, text: string): void => this.log.info(text)
  fail = (trouble: Trouble): void => this.log.error(linesOf(trouble).join('\n'))
  print = (): void => undefined
  links = () => undefined
  summary = async (): Promise<void> => undefined
  readonly summarized = false
  footer = ''
  saveState = (name: string, value: string): void => void this.#saved.set(name, value)
  readState = (name: string): string | undefined => this.#saved.get(name)
}
