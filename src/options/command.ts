import { quote, type Problem } from './problem.ts'
import { nearest } from './spelling.ts'

/** Everything the program will be able to do, and what this version does. */
const commands = ['launch', 'stop', 'sweep', 'list', 'doctor', 'rerun'] as const
const available: readonly string[] = ['launch', 'stop', 'sweep', 'list']

export type Command = (typeof commands)[number]

/**
 * The command that the words of a command line name. None is `launch`; CML's `runner launch …` and `runner …` are the same,
 * so that its command lines go on working.
 */
export function readCommand(
  words: readonly string[],
): { readonly command: Command } | { readonly problems: readonly Problem[] } {
  const [first = 'launch', ...others] = words[0] === 'runner' ? words.slice(1) : words
  const problems = others.map((word): Problem => ({
    kind: 'invalid-input',
    text: `Nothing takes ${isPlain(word) ? `the word ${quote(word)}` : 'a further word that is no command'}.`,
  }))
  const command = commands.find((known) => known === first.toLowerCase())
  if (command === undefined) problems.unshift(unknownCommand(first))
  else if (!available.includes(command)) problems.unshift(unavailable(command))
  return command === undefined || problems.length > 0 ? { problems } : { command }
}

function unavailable(command: Command): Problem {
  const text = `The command \`${command}\` is not available in this version; ${available.join(', ')} are.`
  return { kind: 'unimplemented', text }
}

function unknownCommand(word: string): Problem {
  const meant = nearest(word, commands)
  const hint = meant ? ` Did you mean \`${meant}\`?` : ''
  return {
    kind: 'invalid-input',
    text: `There is ${isPlain(word) ? `no command ${quote(word)}` : 'a word that is no command'}; there are ${available.join(', ')}.${hint}`,
  }
}

/** Anything else may be a secret that lost its option (`--token= ghp_…`). */
function isPlain(word: string): boolean {
  return /^[a-z-]{1,12}$/.test(word)
}
