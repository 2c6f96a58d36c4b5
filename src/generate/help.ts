import type { Catalogue } from '../options/catalogue.ts'
import { describe, placeholderOf } from './describe.ts'

const width = 100
const indent = ' '.repeat(6)

/** What `cml-runner --help` prints. */
export function renderHelp({ groups }: Catalogue, version: string): string {
  const head = [
    `cml-runner ${version}`,
    '',
    'Launches a cloud machine, registers it as a self-hosted runner, and takes it away when it is idle.',
    '',
    'Usage: cml-runner [command] --cloud aws --repo https://github.com/org/repo --token … [options]',
    '',
    'Commands:',
    '  launch  launches a machine and waits until its runner is online; may be omitted',
    '  stop    removes launches: all of this run, or those of --name or --instance-id',
    '  sweep   removes what has expired or never came online, and registrations without a machine',
    '  list    shows what there is; --json for programs',
    '',
    'Every option can be given as --name value, --name=value or CML_RUNNER_NAME=value.',
    'The log goes to stderr, the outputs as one line of JSON to stdout.',
    'Exit codes: 0 done, 1 failed, 2 unusable arguments, 130 and 143 interrupted (removal attempted).',
  ]
  const body = groups.flatMap(({ title, options }) => [
    '',
    `${title}:`,
    ...Object.entries(options).flatMap(([name, row]) => {
      const value = row.kind === 'flag' ? '' : ` <${placeholderOf(row)}>`
      return [`  --${name}${value}`, ...wrap(plain(describe(row)))]
    }),
  ])
  return `${[...head, ...body, '', '  --help, --version'].join('\n')}\n`
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
