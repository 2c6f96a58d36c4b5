import { stripVTControlCharacters } from 'node:util'
import type { Screen, Speaker } from './screen.ts'

/** Characters of a line that are shown: the outputs as one line of JSON are many more. */
const longest = 300

/** Shows the log of a job as GitLab's page does: sections with their lines further in, commands, warnings and errors in their styles. */
export class PipelineLog {
  readonly #screen: Screen
  readonly #speaker: Speaker
  #inSection = false

  constructor(screen: Screen, speaker: Speaker) {
    this.#screen = screen
    this.#speaker = speaker
  }

  readonly line = (line: string): void => {
    const [, side, title = ''] = /^\u001b\[0Ksection_(start|end):\d+:\w+\r\u001b\[0K(.*)$/.exec(line) ?? []
    const whole = stripVTControlCharacters(line)
    const text = whole.length > longest ? `${whole.slice(0, longest)} …` : whole
    if (side === 'start') this.section(title)
    else if (side === 'end') this.sectionEnds()
    else if (text.startsWith('$ ')) this.#show(text, 'bold')
    else if (text.startsWith('error: ')) this.#show(text, 'red')
    else if (text.startsWith('warning: ')) this.#show(text, 'yellow')
    else this.#show(text)
  }

  section(title: string): void {
    this.#inSection = true
    this.#screen.say(this.#speaker, `▾ ${title}`, 'bold')
  }

  sectionEnds(): void {
    this.#inSection = false
  }

  #show(text: string, style?: 'bold' | 'red' | 'yellow'): void {
    this.#screen.say(this.#speaker, `${this.#inSection ? '  ' : ''}${text}`, style)
  }
}
