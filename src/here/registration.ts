import { readFileSync, rmSync, writeFileSync } from 'node:fs'

import { run } from '../agent/run.ts'
import type { World } from '../agent/world.ts'
import { anyOf, withEnd } from '../lib/deadline.ts'
import { createFetch } from '../lib/http.ts'
import type { Registration } from '../machine/agent-config.ts'
import { Failure } from '../model/failure.ts'
import { isOfTryOf } from '../model/ownership.ts'
import { runLabel, uniqueLabel, type Runner } from '../model/runner.ts'
import type { Ports } from '../ports.ts'
import type { Home } from './home.ts'
import type { HereOrder } from './order.ts'

/** Labels in their order: those that people know it by, and the one by which it is told from a forged one. */
export function labelsOf({ labels, lease }: HereOrder): readonly string[] {
  return [...labels, uniqueLabel(lease.identity), runLabel(lease)]
}

/** Asks the forge for what this machine registers itself with. From here on something may be there, and a later start knows of it. */
export async function askForRegistration(order: HereOrder, home: Home, ports: Ports): Promise<Registration> {
  const { forge, host, signal } = ports
  const { lease, single, platform, lifetime, workdir } = order
  const labels = labelsOf(order)
  writeFileSync(home.registration, JSON.stringify({ scope: forge.scope, name: lease.name, labels }), {
    mode: 0o600,
  })
  const registration = await forge.register(
    {
      name: lease.name,
      labels,
      single,
      platform,
      ...(workdir === undefined ? {} : { workdir }),
      ...(Number.isFinite(lifetime) ? { lifetime } : {}),
    },
    signal,
  )
  for (const secret of forge.secretsOf(registration)) host.mask(secret)
  return registration
}

/** By what it keeps to the end: jobs could ask for every other label. */
function isOwn(lease: HereOrder['lease']): (runner: Runner) => boolean {
  const own = { name: lease.name, labels: [runLabel(lease)] }
  return (runner) => isOfTryOf(runner, own)
}

/** ms between two tries of what the forge refuses while it believes that a job runs there. */
const busyPause = 5_000

/**
 * Takes this runner's registration away, whatever its age, until `within` ms are over. Throws a Failure that says what stays and what to do when
 * that is not to be.
 */
export async function withdraw(
  order: Pick<HereOrder, 'lease'>,
  home: Home,
  ports: Ports,
  within: number,
): Promise<void> {
  const { forge, clock } = ports
  const end = clock.now() + within
  const over = new AbortController()
  const signal = withEnd(anyOf(ports.signal, over.signal), end)
  const { lease } = order
  const isMeant = isOwn(lease)
  clock.sleep(within + busyPause, ports.signal).then(
    () => over.abort(tooLate(forge.name)),
    () => undefined,
  )
  try {
    for (;;) {
      const runner = await forge.findRunner(lease.name, signal, isMeant)
      if (!runner || (await forge.unregister(runner, signal)) === 'gone') break
      if (clock.now() + busyPause > end) throw stillBusy(forge.name)
      await clock.sleep(busyPause, signal)
    }
  } catch (error) {
    throw left(error, lease.name, ports)
  }
  forget(home)
}

/** No other job comes to this runner; what tells whose it is stays. Where the program does so by itself, nothing is asked. */
export async function withholdJobs(
  lease: HereOrder['lease'],
  { forge, signal }: Pick<Ports, 'forge' | 'signal'>,
): Promise<void> {
  if (!forge.withholdJobs) return
  const runner = await forge.findRunner(lease.name, signal, isOwn(lease))
  if (runner) await forge.withholdJobs(runner, [runLabel(lease)], signal)
}

/** Nothing of it is at the forge any more. */
export function forget({ registration }: Pick<Home, 'registration'>): void {
  rmSync(registration, { force: true })
}

/** ms for the means that the forge's own program has. */
const lastMeans = 20_000

/** Removes it by what it was registered with, whoever's token has ended. False where that is not to be. */
export async function withdrawnByItself(
  { program, config, footing, clock }: World,
  variables: HereOrder['variables'],
): Promise<boolean> {
  const means = program.remove(config.registration, clock.now() / 1000)
  if (!means) return false
  if ('line' in means) {
    const { line, options } = footing.asJobUser(means)
    return (await run(line, { ...options, timeout: lastMeans, line: footing.journal })).status === 0
  }
  const { method, url, form, gone } = means
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const fetch = createFetch({ variables, patience: lastMeans / 3 })
  try {
    const { status } = await fetch(url, { method, headers, body: new URLSearchParams(form).toString() })
    return (status >= 200 && status < 300) || gone.includes(status)
  } catch {
    return false
  }
}

function tooLate(forge: string): Failure {
  return new Failure('deadline-exceeded', { tried: 'wait for an answer', said: `${forge} did not answer` })
}

function stillBusy(forge: string): Failure {
  return new Failure('conflict', {
    tried: 'remove the registration',
    said: `${forge} believes that a job still runs there`,
  })
}

function left(error: unknown, name: string, { forge }: Ports): unknown {
  if (!(error instanceof Failure)) return error
  const { said } = error.explanation
  const expired = error.kind === 'unauthenticated'
  return new Failure(
    error.kind,
    {
      tried: `remove the registration of runner ${name} at ${forge.scope}`,
      ...(said === undefined ? {} : { said }),
      why: expired
        ? 'The token has ended while the runner worked: one that an application was given, or a job, lives an hour. The registration stays, offline.'
        : 'The registration stays, offline.',
      fix: `remove it at ${forge.runnersPage}; the next start of cml-runner in the same folder does so too.`,
    },
    { cause: error },
  )
}

interface Recorded {
  readonly scope: string
  readonly name: string
  readonly labels: readonly string[]
}

/**
 * Takes away what an earlier runner of this folder left at the forge when it died: it is here, and does not work any more. `label`: one that it must
 * have to be meant. `patience`: ms for which a forge that believes it busy is asked again. False where it stays, which has been told.
 */
export async function clearPast(
  home: Pick<Home, 'registration'>,
  { forge, host, clock, signal }: Ports,
  { label, patience = 0 }: { readonly label?: string; readonly patience?: number } = {},
): Promise<boolean> {
  const recorded = readRecord(home.registration)
  if (recorded?.scope !== forge.scope) return true
  if (label !== undefined && !recorded.labels.includes(label)) return true
  const { name } = recorded
  const isMeant = (runner: Runner): boolean => isOfTryOf(runner, recorded)
  const runner = await forge.findRunner(name, signal, isMeant)
  const end = clock.now() + patience
  while (runner && (await forge.unregister(runner, signal)) === 'busy') {
    if (clock.now() < end) await clock.sleep(busyPause, signal)
    else {
      host.log.warn(
        `The registration of runner ${name}, whose process died here, still counts as busy at ${forge.scope}, and stays for now. Remove it at ${forge.runnersPage}; the next start of cml-runner in the same folder does so too.`,
      )
      return false
    }
  }
  if (runner) host.log.info(`Removed the registration of runner ${name}, whose process died here.`)
  forget(home)
  return true
}

/** Undefined for a file that is not whole: jobs may have written it, where they run as the same user. */
function readRecord(path: string): Recorded | undefined {
  try {
    const { scope, name, labels } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    const texts = Array.isArray(labels) ? labels.filter((label) => typeof label === 'string') : []
    const ours = texts.some((label) => /^cml-run-/.test(label))
    return typeof scope === 'string' && typeof name === 'string' && ours
      ? { scope, name, labels: texts }
      : undefined
  } catch {
    return undefined
  }
}
