import { chmodSync, existsSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { createFetch } from '../lib/http.ts'
import { proxyEnvironment } from '../machine/proxy.ts'
import type { PodProgram } from '../machine/pod-program.ts'
import type { Command, WebRequest } from '../machine/runner-program.ts'
import { podPaths } from '../model/pod.ts'
import { Excerpt } from './console.ts'
import type { Footing, Words } from './footing.ts'
import { findWorkers, takeHookMessages } from './look.ts'
import { run } from './run.ts'
import type { World } from './world.ts'

/** What the agent has in a pod: the image's user, whoever that is, and folders that are gone with the pod. */
export interface Pod extends Pick<World, 'clock' | 'config'> {
  /** Folder that stands for `/`; empty in a real pod. */
  readonly root: string
  /** Of the image, which jobs get: compilers and GPU tools are found by it. */
  readonly environment: Readonly<Record<string, string>>
  readonly own: PodProgram
  readonly words: Words
  readonly journal: (line: string) => void
}

const removalTime = 30_000
/** ms without a byte from the forge, and how often it is asked. */
const patience = 8_000
const tries = 3

/** A pod has no root, no units and nothing that outlives it; whoever runs the agent runs the jobs. */
export function onPod(pod: Pod): Footing {
  const { root, words, journal } = pod
  const work = resolve(root + podPaths.tree, pod.config.workdir ?? '_work')
  return {
    name: 'pod',
    words,
    journal,
    async prepare() {
      await runStartupScript(pod)
      mkdirSync(work, { recursive: true })
      layFiles(pod)
    },
    registered() {
      unlinkSync(root + podPaths.config)
      return Promise.resolve({ docker: false, gpus: false, home: root + podPaths.home, workFolder: work })
    },
    asJobUser: (command) => asJobUser(pod, command),
    online: () => undefined,
    hooks: () => takeHookMessages(`${root + podPaths.state}/hooks`),
    workers: findWorkers,
    // There is nobody else whose files could be in the way.
    giveBack: () => undefined,
    unregister: (means) => unregister(pod, means),
  }
}

function asJobUser(
  { root, environment, config, own }: Pod,
  command: Command,
): ReturnType<Footing['asJobUser']> {
  const certificates = root + podPaths.certificates
  const hooks = { started: root + podPaths.jobStartedHook, completed: root + podPaths.jobCompletedHook }
  const env = {
    LANG: 'C.UTF-8',
    ...environment,
    ...proxyEnvironment(config.proxy),
    ...(existsSync(certificates) ? { NODE_EXTRA_CA_CERTS: certificates } : {}),
    ...own.program.hooks(hooks),
    ...own.environment(root + podPaths.home),
    ...command.environment,
  }
  return { line: command.line, options: { cwd: root + podPaths.tree, env } }
}

function layFiles({ root, own }: Pod): void {
  for (const [name, text] of Object.entries(own.files)) {
    const path = join(root + podPaths.home, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    chmodSync(path, 0o755)
  }
}

/** The user's script, as the image's user, under its own `#!` line or else bash. */
async function runStartupScript({ root, config, words, environment, journal, clock }: Pod): Promise<void> {
  if (!config.startupScript) return
  words.say('startup-script')
  const script = root + podPaths.startupScript
  const interpreter = readFileSync(script).subarray(0, 2).toString() === '#!' ? [] : ['/bin/bash']
  chmodSync(script, 0o755)
  const excerpt = new Excerpt({ quote: journal })
  const { status, lines } = await run([...interpreter, script], {
    cwd: root || '/',
    env: { ...environment, ...proxyEnvironment(config.proxy) },
    line: (text) => excerpt.line(text),
    clock,
  })
  excerpt.end()
  if (status !== 0) throw new Error(`the startup script ended with ${status}: ${lines.slice(-3).join(' / ')}`)
}

async function unregister(pod: Pod, means: Command | WebRequest | undefined): Promise<string | undefined> {
  if (!means) return undefined
  if (!('line' in means)) return request(pod, means)
  const { line, options } = asJobUser(pod, means)
  const { status } = await run(line, { ...options, timeout: removalTime, line: pod.journal })
  return status === 0 ? undefined : String(status)
}

/** What went wrong, in a few words; undefined = nothing. */
async function request(
  { clock, config }: Pod,
  { method, url, form, gone }: WebRequest,
): Promise<string | undefined> {
  const fetch = createFetch({ variables: proxyEnvironment(config.proxy), patience, clock })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(form).toString()
  for (let attempt = 1; ; attempt++) {
    const { status, said } = await fetch(url, { method, headers, body }).then(
      (answer) => ({ status: answer.status, said: `HTTP ${answer.status}` }),
      (error: unknown) => ({ status: 0, said: String(error).slice(0, 200) }),
    )
    if ((status >= 200 && status < 300) || gone.includes(status)) return undefined
    const passing = status === 0 || status === 408 || status === 429 || status >= 500
    if (!passing || attempt >= tries) return said
    await clock.sleep(1000)
  }
}
