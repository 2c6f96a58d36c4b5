import { fatal } from './log.ts'

/** Flags of `run-single` that this program obeys, by the variable that stands for each where there is one. */
const known: Readonly<Record<string, string | undefined>> = {
  url: 'CI_SERVER_URL',
  token: 'CI_SERVER_TOKEN',
  executor: 'RUNNER_EXECUTOR',
  name: 'RUNNER_NAME',
  shell: 'RUNNER_SHELL',
  'builds-dir': 'RUNNER_BUILDS_DIR',
  'cache-dir': 'RUNNER_CACHE_DIR',
  'pre-get-sources-script': 'RUNNER_PRE_GET_SOURCES_SCRIPT',
  'pre-build-script': 'RUNNER_PRE_BUILD_SCRIPT',
  env: 'RUNNER_ENV',
  'wait-timeout': undefined,
  'max-builds': undefined,
  'docker-image': 'DOCKER_IMAGE',
  'docker-volumes': 'DOCKER_VOLUMES',
  'docker-gpus': 'DOCKER_GPUS',
  'docker-runtime': 'DOCKER_RUNTIME',
}

export interface Settings {
  readonly url: string
  readonly token: string
  readonly name: string
  readonly executor: 'shell' | 'docker'
  readonly buildsDir: string
  readonly preGetSources: string
  readonly preBuild: string
  /** `NAME=value`, for every job. */
  readonly variables: readonly string[]
  readonly waitTimeout: number
  /** 0 = any number. */
  readonly maxBuilds: number
  readonly image: string
  readonly volumes: readonly string[]
  readonly gpus: string
}

/** `--log-format json run-single FLAGS`. Whatever the official program does not know ends this one; so does what this one does not. */
export function readSettings(words: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const at = words.indexOf('run-single')
  if (at < 0) return wrong('only run-single is emulated')
  const format = parse(words.slice(0, at), ['log-format']).get('log-format')?.[0] ?? env['LOG_FORMAT']
  if (format !== 'json') return wrong(`only the log format json is emulated, not ${format}`)
  const given = parse(words.slice(at + 1), Object.keys(known))
  const all = (name: string): readonly string[] => {
    const variable = known[name] === undefined ? undefined : env[known[name]]
    return given.get(name) ?? (variable ? [variable] : [])
  }
  const text = (name: string): string => all(name).at(-1) ?? ''
  const executor = text('executor')
  if (!text('url')) fatal('Missing URL')
  if (!text('token')) fatal('Missing Token')
  if (!executor) fatal('Missing Executor')
  if (executor !== 'shell' && executor !== 'docker') fatal(`Unknown executor: ${executor}`)
  return {
    url: text('url').replace(/\/+$/, ''),
    token: text('token'),
    name: text('name'),
    executor,
    buildsDir: text('builds-dir') || `${process.cwd()}/builds`,
    preGetSources: text('pre-get-sources-script'),
    preBuild: text('pre-build-script'),
    variables: all('env'),
    waitTimeout: whole(text('wait-timeout')),
    maxBuilds: whole(text('max-builds')),
    image: text('docker-image'),
    volumes: all('docker-volumes'),
    gpus: text('docker-gpus'),
  }
}

/** Go's way: `--name=value`, `--name value`, one dash or two. */
function parse(words: readonly string[], names: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (let index = 0; index < words.length; index++) {
    const [, name = '', joined] = /^--?([a-z][a-z-]*)(?:=([\s\S]*))?$/.exec(words[index] ?? '') ?? []
    if (!names.includes(name)) return wrong(`flag provided but not defined: ${words[index]}`)
    const value = joined ?? words[++index]
    if (value === undefined) return wrong(`flag needs an argument: -${name}`)
    found.set(name, [...(found.get(name) ?? []), value])
  }
  return found
}

function whole(text: string): number {
  if (!/^\d*$/.test(text)) wrong(`invalid value "${text}": parse error`)
  return Number(text)
}

function wrong(why: string): never {
  process.stderr.write(`Incorrect Usage: ${why}\n`)
  process.exit(1)
}
