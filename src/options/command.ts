import { quote, type Problem } from './problem.ts'
import { nearest } from './spelling.ts'

export type Command = 'launch' | 'stop' | 'sweep' | 'list' | 'doctor' | 'rerun'

export interface CommandFacts {
  /** What it does: the end of a sentence that begins with its name, Markdown. */
  readonly does: string
}

/** What this version does. Help and the action's input print it. */
export const available = {
  launch: { does: 'launches a machine and waits until its runner is online; the command may be left out' },
  stop: { does: 'removes launches: all of this run, or those of `name` or `instance-id`' },
  sweep: { does: 'removes what has expired or never came online, and registrations without a machine' },
  list: { does: 'shows the machines that are there, what they have cost and when they end' },
  doctor: { does: 'checks what a launch needs, says how to mend what is missing, and creates nothing' },
  rerun: { does: 'starts runs again whose machine was taken away' },
} as const satisfies Partial<Record<Command, CommandFacts>>

const availableNames = Object.keys(available) as readonly Command[]
/** They lead to what would be printed by an option of that name. */
const questions = ['help', 'version'] as const
/** Words that say what to do; `post` is the component's own. */
export const commandWords: readonly string[] = [...availableNames, ...questions, 'post', 'runner', 'cml']

/** CML's `cml runner launch …` and `runner …` are the same command, so that its command lines go on working. */
export function withoutCml(words: readonly string[]): readonly string[] {
  const inner = words[0] === 'cml' ? words.slice(1) : words
  return inner[0] === 'runner' ? inner.slice(1) : inner
}

/** What the words of a command line name. None is `launch`. `command` is undefined when nobody can know what was meant. */
export function readCommand(words: readonly string[]): {
  readonly command?: Command
  readonly problems: readonly Problem[]
} {
  const [first = 'launch', ...others] = withoutCml(words)
  const further = others.map((word): Problem => ({
    kind: 'invalid-input',
    text: `${isPlain(word) ? `No option takes the word ${quote(word)}` : 'There is a word that no option takes'}. Items of a list are separated by commas.`,
  }))
  const word = first.toLowerCase()
  const command = availableNames.find((known) => known === word)
  if (command !== undefined) return { command, problems: further }
  const meant = nearest(first, [...availableNames, ...questions])
  const known = availableNames.find((name) => name === meant)
  return { ...(known ? { command: known } : {}), problems: [unknown(first, meant), ...further] }
}

function unknown(word: string, meant: string | undefined): Problem {
  const hint = meant ? ` Did you mean \`${meant}\`?` : ''
  return {
    kind: 'invalid-input',
    text: `There is ${isPlain(word) ? `no command ${quote(word)}` : 'a word that is not a command'}; there are ${availableNames.join(', ')}.${hint}`,
  }
}

/** Anything else may be a secret that lost its option (`--token= ghp_…`). */
function isPlain(word: string): boolean {
  return /^[a-z-]{1,12}$/.test(word)
}
