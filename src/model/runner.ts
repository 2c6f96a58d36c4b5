import { identityPattern, type Identity } from './identity.ts'
import type { Lease } from './lease.ts'

/** A registration at a forge. The forge's `online` and `busy` are hints: both have been seen wrong for working runners. */
export interface Runner {
  readonly id: string
  readonly name: string
  readonly online: boolean
  readonly busy: boolean
  /** False when the forge says it was registered but never connected; undefined when the forge does not tell. */
  readonly connected?: boolean
  readonly labels: readonly string[]
}

/** Label that every runner of ours carries, so that a job can ask for this very machine. */
export function uniqueLabel(identity: Identity): string {
  return `cml-${identity}`
}

/** Label that says where the machine of a registration is, so that a registration alone is enough to look for it. */
export function placeLabel(cloud: string, region: string): string {
  return `cml-at-${cloud}-${region}`
}

/** Label that says of which run a registration is, and by when (unix seconds) its runner should be online. */
export function runLabel({ run, dueAt }: Pick<Lease, 'run' | 'dueAt'>): string {
  return `cml-run-${run}-${dueAt}`
}

/** Undefined when the runner does not tell. */
export function runOfRunner({ labels }: Pick<Runner, 'labels'>): Pick<Lease, 'run' | 'dueAt'> | undefined {
  for (const label of labels) {
    const [, run, dueAt] = /^cml-run-([a-z2-7]{20})-([1-9]\d{9})$/i.exec(label) ?? []
    if (run && dueAt) return { run: run.toLowerCase(), dueAt: Number(dueAt) }
  }
  return undefined
}

/** Regions of a cloud that a runner's place labels name: for a runner of ours, the one its machine is in. */
export function regionsOfRunner({ labels }: Pick<Runner, 'labels'>, cloud: string): readonly string[] {
  const prefix = placeLabel(cloud, '')
  const places = labels.map((label) => label.toLowerCase()).filter((label) => label.startsWith(prefix))
  return places.map((place) => place.slice(prefix.length)).filter(Boolean)
}

/** Undefined for runners that are not ours. Labels come back from forges in any case. */
export function identityOfRunner(runner: Pick<Runner, 'labels'>): Identity | undefined {
  const ours = runner.labels.map((label) => label.toLowerCase()).filter((label) => label.startsWith('cml-'))
  return ours.map((label) => label.slice('cml-'.length)).find((label) => identityPattern.test(label))
}

/** True when the runner carries every label, ignoring case as forges do. */
export function carries(runner: Pick<Runner, 'labels'>, labels: readonly string[]): boolean {
  const own = new Set(runner.labels.map((label) => label.toLowerCase()))
  return labels.every((label) => own.has(label.toLowerCase()))
}
