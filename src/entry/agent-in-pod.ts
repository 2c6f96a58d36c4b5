import { readFileSync } from 'node:fs'

import { live } from '../agent/agent.ts'
import { quotable } from '../agent/console.ts'
import { onPod } from '../agent/pod.ts'
import { steadyClock } from '../lib/clock.ts'
import { agentConfigVersion, renderMilestone, type Milestone } from '../machine/agent-config.ts'
import type { CloudHalf } from '../machine/cloud-half.ts'
import { parseConfig } from '../machine/config-file.ts'
import type { PodProgram } from '../machine/pod-program.ts'
import { podPaths } from '../model/pod.ts'

/** ms that the last words may take. */
const lastWords = 2000

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const say = (milestone: Milestone, text?: string): void =>
  print(renderMilestone(steadyClock.now() / 1000, milestone, text && quotable(text)))
// What others say cannot pass for a word of ours.
const quote = (line: string): void => print(`  | ${quotable(line)}`)

/** The program in a pod, for one forge's runner on one cluster's cloud. Its exit, whatever the code, ends the pod, and that its Job. */
export async function runInPod(own: PodProgram, half: CloudHalf): Promise<void> {
  process.stdout.on('error', () => undefined)
  const { CML_RUNNER_ROOT: root = '' } = process.env
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort())
  try {
    const config = parseConfig(readFileSync(root + podPaths.config, 'utf8'))
    if (config.version !== agentConfigVersion)
      throw new Error(
        `the launcher speaks version ${config.version} of the agent's configuration, the agent ${agentConfigVersion}`,
      )
    const words = { say, quote }
    const pod = { root, clock: steadyClock, config, own, environment: ofImage(), words, journal: quote }
    await live({
      clock: steadyClock,
      program: own.program,
      config,
      stop: stop.signal,
      footing: onPod(pod),
      notices: (signal) => half.notices({ clock: steadyClock, signal, variables: process.env }),
    })
    await leave(0)
  } catch (error) {
    say('failed', error instanceof Error ? error.message : String(error))
    await leave(1)
  }
}

/** Less what is ours. */
function ofImage(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(CML_RUNNER_|NODE_EXTRA_CA_CERTS$)/.test(name),
  )
  return Object.fromEntries(entries) as Record<string, string>
}

/** A log that nobody reads must not hold up the end. */
async function leave(code: number): Promise<never> {
  const written = new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
  await Promise.race([written, steadyClock.sleep(lastWords)])
  process.exit(code)
}
