/**
 * What the runner makes of an action's output. Source: actions/runner, src/Runner.Worker/ActionCommandManager.cs,
 * FileCommandManager.cs and src/Runner.Common/ActionCommand.cs.
 */

export interface Command {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** A line is a command when it starts, after spaces, with `::name …::`. Everything else is text. */
export function parseCommand(line: string): Command | undefined {
  const text = line.trimStart()
  const end = text.indexOf('::', 2)
  if (!text.startsWith('::') || end < 0) return undefined
  const [name = '', ...list] = text.slice(2, end).split(' ')
  if (name === '') return undefined
  const properties = list
    .join(' ')
    .split(',')
    .map(
      (pair) =>
        [
          pair.slice(0, pair.indexOf('=')).trim(),
          unescapeProperty(pair.slice(pair.indexOf('=') + 1)),
        ] as const,
    )
    .filter(([key]) => key !== '')
  return {
    name: name.toLowerCase(),
    properties: Object.fromEntries(properties),
    data: unescapeData(text.slice(end + 2)),
  }
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function unescapeProperty(text: string): string {
  return unescapeData(text.replaceAll('%3A', ':').replaceAll('%2C', ','))
}

/** Content of GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV: `name=value` lines and `name<<delimiter` blocks. Throws as the runner fails. */
export function parseKeyValueFile(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/)
  const found: [string, string][] = []
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    if (line === '') continue
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')]
    if (heredoc > 0 && (equals < 0 || heredoc < equals)) {
      const end = lines.indexOf(line.slice(heredoc + 2), index + 1)
      if (end < 0) throw new Error(`Matching delimiter not found '${line.slice(heredoc + 2)}'`)
      found.push([line.slice(0, heredoc), lines.slice(index + 1, end).join('\n')])
      index = end
    } else if (equals > 0) found.push([line.slice(0, equals), line.slice(equals + 1)])
    else throw new Error(`Invalid format '${line}'`)
  }
  return Object.fromEntries(found)
}

/** The texts that the log must not show, with the encodings the runner adds by itself. */
export class SecretMasker {
  readonly #secrets = new Set<string>()

  add(secret: string): void {
    const lines = secret.split(/\r?\n/)
    for (const text of [secret, ...lines]) if (text.trim() !== '') this.#secrets.add(text.trim())
  }

  get values(): readonly string[] {
    return [...this.#secrets]
  }

  mask(text: string): string {
    const longestFirst = [...this.#secrets].sort((a, b) => b.length - a.length)
    return longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
  }
}

/** Turns the output of one stage into the lines a person sees, obeying the commands in it. */
export class OutputReader {
  readonly #masker: SecretMasker
  readonly #show: (line: string) => void
  readonly #debug: boolean
  #resume: string | undefined
  #rest = ''

  constructor(masker: SecretMasker, show: (line: string) => void, debug: boolean) {
    this.#masker = masker
    this.#show = show
    this.#debug = debug
  }

  write(chunk: string): void {
    const lines = (this.#rest + chunk).split(/\r?\n/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
  }

  #line(line: string): void {
    const command = parseCommand(line)
    if (this.#resume !== undefined) {
      if (command?.name === this.#resume) this.#resume = undefined
      else this.#print(line)
    } else if (command) this.#obey(command, line)
    else this.#print(line)
  }

  #obey({ name, data }: Command, line: string): void {
    if (name === 'add-mask') this.#masker.add(data)
    else if (name === 'debug') this.#print(`##[debug]${data}`, !this.#debug)
    else if (name === 'stop-commands') this.#resume = data.toLowerCase()
    else if (['group', 'endgroup', 'error', 'warning', 'notice'].includes(name))
      this.#print(`##[${name}]${data}`)
    else if (name !== 'echo') this.#print(`##[warning]Unknown or disabled command: ${line}`)
  }

  #print(text: string, hidden = false): void {
    if (hidden) return
    for (const line of this.#masker.mask(text).split('\n')) this.#show(line)
  }
}
