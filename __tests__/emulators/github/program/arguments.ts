const commands = ['configure', 'remove', 'run', 'warmup']
const flags = [
  'check',
  'commit',
  'disableupdate',
  'ephemeral',
  'generateserviceconfig',
  'help',
  'local',
  'no-default-labels',
  'once',
  'replace',
  'unattended',
  'version',
]
const values = [
  'auth',
  'jitconfig',
  'labels',
  'monitorsocketaddress',
  'name',
  'pat',
  'runnergroup',
  'startuptype',
  'token',
  'url',
  'username',
  'work',
]

/** The official command line: words, `--flags` and `--name value`, each of which may also come as `ACTIONS_RUNNER_INPUT_<NAME>`. */
export interface Arguments {
  readonly command: string | undefined
  flag(name: string): boolean
  /** Undefined when absent or empty. */
  value(name: string): string | undefined
  /** What is not known, for the official complaint; it does not stop anything. */
  readonly unknown: readonly string[]
}

/** Takes its variables out of the environment, as the official program does, so that jobs cannot read the token. */
export function parseArguments(words: readonly string[], environment: NodeJS.ProcessEnv): Arguments {
  const given = new Map<string, string | true>()
  const plain: string[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (!word.startsWith('--')) {
      plain.push(word.toLowerCase())
      continue
    }
    const name = word.slice(2).toLowerCase()
    const next = words[index + 1]
    const takesValue = next !== undefined && !next.startsWith('--') && !flags.includes(name)
    given.set(name, takesValue ? next : true)
    if (takesValue) index++
  }
  const fromEnvironment = takeInputs(environment)
  const unknown = [
    ...plain.filter((word) => !commands.includes(word)),
    ...[...given.keys()].filter((name) => !flags.includes(name) && !values.includes(name)),
  ]
  return {
    command: plain.find((word) => commands.includes(word)),
    unknown,
    flag: (name) => given.get(name) === true || /^true$/i.test(fromEnvironment.get(name) ?? ''),
    value: (name) => {
      const value = given.get(name) ?? fromEnvironment.get(name)
      return typeof value === 'string' && value !== '' ? value : undefined
    },
  }
}

function takeInputs(environment: NodeJS.ProcessEnv): Map<string, string> {
  const inputs = new Map<string, string>()
  for (const [key, value] of Object.entries(environment)) {
    const name = /^ACTIONS_RUNNER_INPUT_(.+)$/i.exec(key)?.[1]
    if (name === undefined) continue
    if (value?.trim()) inputs.set(name.toLowerCase(), value.trim())
    delete environment[key]
  }
  return inputs
}
