import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Who speaks, in the second column. */
export type Speaker = 'deploy' | 'train' | 'machine' | 'cloud' | 'GitHub' | 'GitLab'

const colours: Readonly<Record<Speaker, Style>> = {
  deploy: 'cyan',
  train: 'magenta',
  machine: 'yellow',
  cloud: 'blue',
  GitHub: 'green',
  GitLab: 'green',
}

/** Widths of the columns before the text: seconds, speaker. */
const widths = { seconds: 5, speaker: 9 } as const

/** Three columns: seconds since the start, who speaks, and what. Colours and wrapping on a terminal only. */
export class Screen {
  readonly #out: WriteStream
  readonly #began = performance.now()

  constructor(out: WriteStream) {
    this.#out = out
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000
  }

  /** `styleText` itself minds NO_COLOR and what the stream can show. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out })
  }

  /** Text across all columns. */
  plain(text = ''): void {
    for (const line of this.#wrapped(text, 0)) this.#out.write(`${line}\n`)
  }

  say(speaker: Speaker, text: string, style?: Style): void {
    const indent = widths.seconds + widths.speaker + 2
    const [first = '', ...rest] = this.#wrapped(text, indent)
    const styled = (line: string): string => (style ? this.style(style, line) : line)
    const time = this.style('dim', this.seconds.toFixed(1).padStart(widths.seconds))
    const name = this.style(colours[speaker], speaker.padEnd(widths.speaker))
    this.#out.write(`${time}  ${name}${styled(first)}\n`)
    for (const line of rest) this.#out.write(`${' '.repeat(indent)}${styled(line)}\n`)
  }

  /** Breaks between words; what follows a break is as far in as the line itself. */
  #wrapped(text: string, indent: number): readonly string[] {
    const width = this.#out.isTTY ? Math.max(40, this.#out.columns - indent) : Infinity
    const margin = /^ */.exec(text)?.[0] ?? ''
    const lines: string[] = []
    let line = text
    while (line.length > width) {
      const space = line.lastIndexOf(' ', width)
      const at = space > margin.length ? space : width
      lines.push(line.slice(0, at))
      line = `${margin}${line.slice(at).trimStart()}`
    }
    return [...lines, line]
  }
}
