import type { Catalogue } from '../options/catalogue.ts'
import { available, type Command } from '../options/command.ts'
import { commandExamples } from './command-examples.ts'
import { heeds } from '../options/heed.ts'
import { variableOf } from '../options/spelling.ts'
import { asMeantBy } from './command-words.ts'
import { describe, placeholderOf } from './describe.ts'
import { homePage, pageAt } from '../model/pages.ts'

const width = 100
const indent = ' '.repeat(6)

/** How a piece of text is shown where there are colours. */
export type Paint = (how: 'bold' | 'dim' | 'cyan', text: string) => string

const plainly: Paint = (_, text) => text

/** What `cml-runner --help` prints, or `cml-runner <command> --help`. */
export function renderHelp(
  catalogue: Catalogue,
  version: string,
  word?: string,
  paint: Paint = plainly,
): string {
  const command = (Object.keys(available) as AvailableCommand[]).find((name) => name === word)
  const head = command ? headOf(command, catalogue, paint) : commandLines(catalogue, paint)
  const lines = [paint('bold', `cml-runner ${version}`), '', ...head, '', ...manners]
  return `${[...lines, ...optionLines(catalogue, command, paint), '', '  --help, --version'].join('\n')}\n`
}

export type AvailableCommand = keyof typeof available

const manners = [
  'Every option can be given as --name value, --name=value, or as the variable beside it; a token best',
  'as a variable, such as REPO_TOKEN, which no list of processes shows.',
  'The log goes to stderr, the outputs as one line of JSON to stdout.',
  'Exit codes: 0 done, 1 failed, 2 unusable arguments, 130 and 143 interrupted (removal attempted).',
]

function commandLines(catalogue: Catalogue, paint: Paint): readonly string[] {
  const longest = Math.max(...Object.keys(available).map((name) => name.length))
  return [
    'Launches a cloud machine, registers it as a self-hosted runner, and takes it away when it is idle.',
    '',
    `Usage: REPO_TOKEN=… cml-runner [command] --repo https://github.com/org/repo --cloud ${someCloud(catalogue)} [options]`,
    '       Without --cloud, and outside CI, this machine itself is the runner:',
    `       ${pageAt('docs/on-premise.md')}`,
    '',
    `Documentation: ${homePage}`,
    '',
    paint('bold', 'Commands (help <command> tells more):'),
    ...Object.entries(available).map(
      ([name, { does }]) => `  ${paint('cyan', name.padEnd(longest))}  ${plain(does)}`,
    ),
  ]
}

/** Command lines to copy, without the program's name, each with what it is for. */
export function examplesOf(
  command: AvailableCommand,
  catalogue: Catalogue,
): readonly (readonly [line: string, meaning: string])[] {
  return commandExamples[command].map(
    ([line, meaning]) => [line.replace('{cloud}', someCloud(catalogue)), meaning] as const,
  )
}

const someCloud = ({ table }: Catalogue): string => table['cloud']?.choices?.[0] ?? ''

function headOf(command: AvailableCommand, catalogue: Catalogue, paint: Paint): readonly string[] {
  return [
    `${command} ${plain(available[command].does)}.`,
    '',
    paint('bold', 'Examples:'),
    ...examplesOf(command, catalogue).flatMap(([line, meaning]) => [
      `  ${paint('cyan', `cml-runner ${line}`)}`,
      ...wrap(plain(meaning)),
    ]),
  ]
}

function optionLines({ groups }: Catalogue, command: Command | undefined, paint: Paint): readonly string[] {
  return groups.flatMap(({ title, options }) => {
    const rows = Object.entries(options).filter(([, row]) => command === undefined || heeds(command, row))
    const lines = rows.flatMap(([name, given]) => {
      const row = command === undefined ? given : asMeantBy(command, name, given)
      const value = row.kind === 'flag' ? '' : ` <${placeholderOf(row)}>`
      const head = `  ${paint('cyan', `--${name}`)}${value}`
      return [`${head}  ${paint('dim', variableOf(name))}`, ...wrap(plain(describe(row)))]
    })
    return lines.length === 0 ? [] : ['', paint('bold', `${title}:`), ...lines]
  })
}

/** Without the Markdown that a terminal does not render. */
function plain(text: string): string {
  return text.replaceAll('`', '')
}

function wrap(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line += line === '' ? word : ` ${word}`
  }
  return [...lines, indent + line]
}
