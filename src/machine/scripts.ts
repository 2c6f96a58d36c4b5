import type { Ground } from '../model/instance.ts'
import type { AgentConfig, Download } from './agent-config.ts'
import { proxyEnvironment, proxyFiles } from './proxy.ts'

export interface ScriptParts {
  /** With portable proxy settings. */
  readonly config: AgentConfig
  /** Seconds until the launcher gives up. */
  readonly launchTimeout: number
  readonly ground: Ground
  readonly download: Download
  readonly assets: { readonly fuses: string; readonly bootstrap: string; readonly packages: string }
}

/** Begins the work: the unit was written by the fuses. */
export const startBootstrap = 'systemctl --no-block start cml-runner-bootstrap.service\n'

/** The fuses run before any file is there, so all that they need stands above them: two numbers, the scripts that follow, and what is told to the cloud. */
export function renderFuses({ config, launchTimeout, ground, download, assets }: ScriptParts): string {
  const whole = (value: number) => {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new TypeError(`not a whole number of seconds: ${value}`)
    return String(value)
  }
  const numbers = [
    `DEADLINE=${whole(Math.floor(config.expiresAt))}`,
    `LAUNCH_TIMEOUT=${whole(Math.ceil(launchTimeout))}`,
  ].join('\n')
  const told = isTold(ground)
  const words = [
    told ? ground.powerOff : 'ends',
    download.node ? 'program' : 'archive',
    ...(proxyFiles(config.proxy).length > 0 ? ['proxy'] : []),
  ]
  const sent = (text: string) => forMachine(forWords(text, words))
  const printed = [
    printer('bootstrap', sent(assets.bootstrap)),
    printer('packages', `#!/bin/sh\nNEEDS='${needsOf(config)}'\n${sent(assets.packages)}`),
    told ? printer('farewell', renderFarewell(ground, config)) : '',
  ].join('')
  return `#!/bin/sh\n${numbers}\n${printed}${sent(assets.fuses)}`
}

/** What the runner needs beside itself, in the order in which it is waited for: .NET its ICU library, GitLab's jobs a container or git. */
function needsOf({ registration }: AgentConfig): string {
  if (registration.forge === 'github') return 'libicu docker'
  return registration.executor === 'docker' ? 'docker git' : 'git docker'
}

/** Where powering off is the end, or nothing else is left to do, the cloud is told nothing. */
function isTold({ powerOff, farewell }: Ground): boolean {
  return powerOff !== 'ends' && farewell !== ''
}

/**
 * Keeps of a script what is for a machine of these words: `#: stops useless` begins lines for one of either, `#:` ends them. A machine is
 * sent nothing that it does not need.
 */
function forWords(script: string, words: readonly string[]): string {
  let kept = true
  const lines = script.split('\n').filter((line) => {
    const [, named] = /^#:(.*)$/.exec(line) ?? []
    if (named !== undefined) kept = named === '' || named.split(' ').some((word) => words.includes(word))
    return named === undefined && kept
  })
  return lines.join('\n')
}

/** Comments, indentation and empty lines are for readers of a script; on the machine they only use up space. */
function forMachine(script: string): string {
  return script
    .replace(/^[ \t]*#(?!!).*\n/gm, '')
    .replace(/^ +/gm, '')
    .replace(/^\n/gm, '')
}

/** The way to the cloud's API is that of all else on the machine; of the settings only portable ones are left, which hold no quotes. */
function renderFarewell({ farewell }: Ground, { proxy }: AgentConfig): string {
  const proxies = Object.entries(proxyEnvironment(proxy)).map(
    ([name, value]) => `export ${name}='${value}'\n`,
  )
  return `${proxies.join('')}${farewell.trimEnd()}\n`
}

/** A function of the shell that prints a text, byte by byte. */
function printer(name: string, text: string): string {
  const end = name.toUpperCase()
  if (text.split('\n').includes(end)) throw new Error(`a line of the ${name} would end it: ${end}`)
  return `${name}() {\ncat <<'${end}'\n${text}${end}\n}\n`
}
