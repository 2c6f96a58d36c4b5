import { digest, identityPattern, type Identity } from './identity.ts'
import type { Lease } from './lease.ts'

/** A registration at a forge. The forge's `online` and `busy` are hints: both have been seen wrong for working runners. */
export interface Runner {
  readonly id: string
  readonly name: string
  readonly online: boolean
  readonly busy: boolean
  /** False when the forge says it was registered but never connected; undefined when the forge does not tell. */
  readonly connected?: boolean
  /** It takes one job and no other, as far as the forge tells. */
  readonly single?: true
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

/** Label that says in which account of its cloud a registration's machine is, without naming it. */
export function accountLabel(account: string): string {
  return `cml-in-${digest([account]).slice(0, 6)}`
}

/** Label that says of which run and try a registration is, and by when (unix seconds) its runner should be online. */
export function runLabel({ run, dueAt, nonce }: TryOfRun): string {
  return `cml-run-${run}-${dueAt}-${nonce}`
}

type TryOfRun = Pick<Lease, 'run' | 'dueAt' | 'nonce'>

/** Undefined when the runner does not tell. */
export function runOfRunner({ labels }: Pick<Runner, 'labels'>): TryOfRun | undefined {
  for (const label of labels) {
    const [, run, dueAt, nonce] =
      /^cml-run-([a-z2-7]{20})-([1-9]\d{9})-([a-z0-9]{6,18})$/.exec(label.toLowerCase()) ?? []
    if (run && dueAt && nonce) return { run, dueAt: Number(dueAt), nonce }
  }
  return undefined
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

/** What a runner's place labels say, as anybody may have written them: `<cloud>-<region>`. */
export function placesOfRunner({ labels }: Pick<Runner, 'labels'>): readonly string[] {
  const prefix = 'cml-at-'
  return labels
    .map((label) => label.toLowerCase())
    .filter((label) => label.startsWith(prefix))
    .map((label) => label.slice(prefix.length))
}
