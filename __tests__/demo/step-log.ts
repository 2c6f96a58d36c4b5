import type { Screen, Speaker } from './screen.ts'

/** Shows the log of a job as GitHub's page does: groups with their lines further in, warnings and errors in their colours. */
export class StepLog {
  readonly #screen: Screen
  readonly #speaker: Speaker
  #inGroup = false

  constructor(screen: Screen, speaker: Speaker) {
    this.#screen = screen
    this.#speaker = speaker
  }

  readonly line = (line: string): void => {
    const [, command, text = ''] = /^##\[(\w+)\](.*)$/.exec(line) ?? []
    if (command === 'group') this.#group(text)
    else if (command === 'endgroup') this.#inGroup = false
    else if (command === 'error') this.#show(`Error: ${text}`, 'red')
    else if (command) this.#show(`${command[0]?.toUpperCase()}${command.slice(1)}: ${text}`, 'yellow')
    else this.#show(line)
  }

  #group(title: string): void {
    this.#inGroup = true
    this.#screen.say(this.#speaker, `▾ ${title}`, 'bold')
  }

  #show(text: string, style?: 'red' | 'yellow'): void {
    this.#screen.say(this.#speaker, `${this.#inGroup ? '  ' : ''}${text}`, style)
  }
}
