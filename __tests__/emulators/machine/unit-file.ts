/** What we read of a systemd unit: each key with its values in order. */
export interface Unit {
  readonly name: string
  get(section: string, key: string): string | undefined
  all(section: string, key: string): readonly string[]
}

/** Keys that the emulated systemd obeys (or, for the kernel's part, knows); all others are refused. */
const known: Readonly<Record<string, readonly string[]>> = {
  Unit: [
    'Description',
    'DefaultDependencies',
    'Wants',
    'After',
    'SuccessAction',
    'FailureAction',
    'OnSuccess',
    'OnFailure',
    'ConditionPathExists',
  ],
  Service: [
    'Type',
    'ExecCondition',
    'ExecStart',
    'KillMode',
    'ExecStopPost',
    'Restart',
    'RestartSec',
    'Slice',
    'OOMScoreAdjust',
    'OOMPolicy',
    'TasksMax',
    'TimeoutStopSec',
    'TimeoutStartSec',
    'ExecPaths',
  ],
  Timer: ['OnActiveSec', 'OnCalendar', 'AccuracySec', 'Unit'],
}

/** Parses a unit, with `%i` and `%%` replaced. Throws for what the emulator does not know. */
export function parseUnit(name: string, text: string): Unit {
  const values = new Map<string, string[]>()
  let section = ''
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const head = /^\[(\w+)\]$/.exec(line)?.[1]
    if (head) {
      if (!known[head]) throw new Error(`${name}: unknown section ${head}`)
      section = head
      continue
    }
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
    if (!known[section]?.includes(key)) throw new Error(`${name}: unknown line in [${section}]: ${line}`)
    const list = values.get(`${section}.${key}`) ?? []
    values.set(`${section}.${key}`, [...list, expand(name, value)])
  }
  const all = (part: string, key: string) => values.get(`${part}.${key}`) ?? []
  return { name, all, get: (part, key) => all(part, key).at(-1) }
}

function expand(name: string, value: string): string {
  const instance = /@([^.]*)\./.exec(name)?.[1] ?? ''
  return value.replace(/%(.)/g, (_, specifier: string) => {
    if (specifier === '%') return '%'
    if (specifier === 'i') return instance
    throw new Error(`${name}: unknown specifier %${specifier}`)
  })
}

/**
 * Words of an Exec line, quotes as in systemd.service(5). A leading `-` means that failing is no failure; a leading `+`, that nothing
 * keeps the process in, as nothing does here.
 */
export function parseExec(line: string): { readonly words: readonly string[]; readonly mayFail: boolean } {
  const mayFail = line.startsWith('-')
  const words = [...line.replace(/^[-+]/, '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, a, b, c]) => a ?? b ?? c ?? '',
  )
  if (!words[0]?.startsWith('/')) throw new Error(`not an absolute path: ${line}`)
  if (words.some((word) => word.replaceAll('$$', '').includes('$')))
    throw new Error(`variables are not emulated: ${line}`)
  return { words: words.map((word) => word.replaceAll('$$', '$')), mayFail }
}

/** Unix ms of `2026-11-21 20:00:00 UTC`, the only calendar form we write. */
export function parseCalendar(text: string): number {
  const [, date, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? []
  if (!date || !time) throw new Error(`OnCalendar=${text}`)
  return Date.parse(`${date}T${time}Z`)
}
