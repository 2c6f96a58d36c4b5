import type { Identity } from './identity.ts'
import type { Instance } from './instance.ts'
import { sealOf, type Lease } from './lease.ts'
import {
  accountLabel,
  carries,
  identityOfRunner,
  placesOfRunner,
  runLabel,
  runOfRunner,
  uniqueLabel,
} from './runner.ts'
import { placeKey, type Place } from './place.ts'
import type { Runner } from './runner.ts'

/*
 * Whose a machine is, and whose a registration is: every verb asks here, and nothing else reads what they say of themselves.
 *
 * Tags and labels can be written by others: tags by everybody who launches in the same account, labels by whoever holds a registration token,
 * which is every job of a machine for an hour. So each thing is believed for itself alone, and only when it says everything:
 * - A machine is ours when its own lease is whole, has our scope, and says all that is wished.
 * - A registration never says anything about a machine. It leads to one, which is then asked itself.
 * - A registration is a machine's when it carries that machine's own run label, whose nonce nobody else can guess.
 */

/** What is meant: every member that is given must be what the thing itself says. */
export interface Wish {
  readonly scope: string
  readonly identity?: Identity
  readonly run?: Identity
  readonly name?: string
  /** Of a run: as in `LeaseQuery`. */
  readonly roughly?: boolean
}

/** A machine whose lease is whole. */
export type Owned = Instance & { readonly lease: Lease }

/** One launch, whoever tries it. */
export function wishOf({ scope, identity, run, name }: Lease): Wish {
  return { scope, identity, run, name }
}

const wishable = ['scope', 'identity', 'run', 'name'] as const

/** Does the machine itself say that it is what was wished? */
export function isOurs(machine: Instance, wish: Wish): machine is Owned {
  const { lease } = machine
  return (
    lease !== undefined && wishable.every((what) => wish[what] === undefined || lease[what] === wish[what])
  )
}

export function oursOf(machines: readonly Instance[], wish: Wish): readonly Owned[] {
  return machines.filter((machine) => isOurs(machine, wish))
}

/**
 * Why a machine that was found by one of its tags is not ours to touch, as a sentence's end; undefined for one that is ours, and for one that
 * is another launch of the same scope in good order.
 */
export function objectionTo({ lease, damage }: Instance, wish: Wish): string | undefined {
  if (damage) return `its tags are damaged (${damage.wrong.join(', ')}), so that nobody can tell whose it is`
  if (!lease) return 'it does not say whose it is'
  if (lease.scope !== wish.scope) return `it belongs to ${lease.scope}`
  const sameLaunch = wish.identity !== undefined && lease.identity === wish.identity
  const differs = wishable.some((what) => wish[what] !== undefined && lease[what] !== wish[what])
  return sameLaunch && differs ? `it says that it is runner ${lease.name} of another run or name` : undefined
}

/** Is it the machine of the runner that is called so, by its own word? */
export function isOfRunner({ lease }: Instance, runner: string | undefined): boolean {
  return lease !== undefined && lease.name === runner
}

/**
 * Were both leases given by one process? Two tries of one launch have one identity, and each its own nonce and time. The machine's hard end says nothing:
 * it may be another at another cloud.
 */
export function sameTry(one: Lease, other: Lease): boolean {
  return sealOf(one.nonce) === sealOf(other.nonce) && one.dueAt === other.dueAt
}

type Labelled = Pick<Runner, 'labels'>
type Named = Pick<Runner, 'labels' | 'name'>

/** Made by this program for a machine, as far as its labels tell. */
export function isManaged(runner: Labelled): boolean {
  return identityOfRunner(runner) !== undefined
}

/** Of which launch a registration says it is: good for looking that launch up, and for nothing else. Undefined for those that are not ours. */
export function launchOf(
  runner: Labelled,
): (Pick<Wish, 'run'> & { readonly identity: Identity }) | undefined {
  const [identity, run] = [identityOfRunner(runner), runOfRunner(runner)?.run]
  return identity === undefined ? undefined : { identity, ...(run === undefined ? {} : { run }) }
}

/**
 * Does the registration itself say that it is what was wished? Enough to take that registration away, or to spare what it may
 * belong to. The forge shows those of one scope only.
 */
export function claims(runner: Named, { identity, run, name }: Omit<Wish, 'scope'>): boolean {
  return (
    isManaged(runner) &&
    (identity === undefined || carries(runner, [uniqueLabel(identity)])) &&
    (run === undefined || runOfRunner(runner)?.run === run) &&
    (name === undefined || runner.name === name)
  )
}

/** Is it the registration of a machine with this very lease? */
export function isOfTry(runner: Named, lease: Lease): boolean {
  return (
    runner.name === lease.name &&
    carries(runner, [uniqueLabel(lease.identity)]) &&
    runner.labels.some((label) => isRunLabelOf(label, lease))
  )
}

/**
 * Was it registered by the very try that asks for one with this name and these labels? Told by the run label alone: another candidate of the try
 * has other places.
 */
export function isOfTryOf(runner: Named, asked: Named): boolean {
  const told = runOfRunner(asked)
  const same = told ? carries(runner, [runLabel(told)]) : runOfRunner(runner) === undefined
  return same && runner.name === asked.name
}

function isRunLabelOf(label: string, { run, dueAt, nonce }: Lease): boolean {
  const told = runOfRunner({ labels: [label] })
  return told?.run === run && told.dueAt === dueAt && sealOf(told.nonce) === sealOf(nonce)
}

/** The lease with the nonce itself, which the machine's tags do not tell and its runner does. */
export function unsealed(lease: Lease, runner: Labelled): Lease {
  return { ...lease, ...runOfRunner(runner) }
}

/** What is asked of a runner before it is believed to be the one that a launch waits for. `labels`: all that were asked for. */
export function isBelieved(runner: Named, lease: Lease, labels: readonly string[]): boolean {
  return isOfTry(runner, lease) && carries(runner, labels)
}

/** Does the registration go with this machine: of its very try, and nowhere else? */
export function goesWith(runner: Named, machine: Instance, clouds: readonly Regions[]): boolean {
  const { lease } = machine
  if (lease === undefined || !isOfTry(runner, lease)) return false
  const { places, elsewhere } = placesOf(runner, clouds)
  return !elsewhere && places.length > 0 && places.every((place) => placeKey(place) === placeKey(machine))
}

/** Unix seconds by which its runner should be online; undefined when it does not tell. */
export function dueOf(runner: Labelled): number | undefined {
  return runOfRunner(runner)?.dueAt
}

/** What a cloud knows of its own regions without asking anybody. */
export interface Regions {
  readonly name: string
  isRegion(text: string): boolean
}

/** Where a registration says that its machine is: places of these clouds, and whether it names another cloud. Anything else is no place. */
export function placesOf(
  runner: Labelled,
  clouds: readonly Regions[],
): { readonly places: readonly Place[]; readonly elsewhere: boolean } {
  const told = placesOfRunner(runner).map((text) => {
    const cloud = clouds.find(({ name }) => text.startsWith(`${name}-`))
    return cloud && { cloud, region: text.slice(cloud.name.length + 1) }
  })
  const here = told.filter((place) => place !== undefined)
  return {
    places: here
      .filter(({ cloud, region }) => cloud.isRegion(region))
      .map(({ cloud, region }) => ({ cloud: cloud.name, region })),
    elsewhere: here.length < told.length,
  }
}

/** Is a registration's machine in the account that is seen here? What another account holds cannot be seen, and its absence says nothing. */
export type AccountOf = 'this' | 'another' | 'unknown'

/**
 * `accounts`: whose machines each cloud shows here, by its name; undefined where nobody could say. A registration that names no place, or places of
 * several clouds, is judged only when all of them say the same.
 */
export function accountOf(
  runner: Labelled,
  accounts: ReadonlyMap<string, string | undefined>,
  clouds: readonly Regions[],
): AccountOf {
  const told = new Set(placesOf(runner, clouds).places.map(({ cloud }) => cloud))
  const asked = [...accounts].filter(([cloud]) => told.size === 0 || told.has(cloud))
  const [answer = 'unknown', ...others] = new Set(asked.map(([, account]) => inAccount(runner, account)))
  return others.length > 0 ? 'unknown' : answer
}

function inAccount({ labels }: Labelled, account: string | undefined): AccountOf {
  const told = labels.filter((label) => /^cml-in-/i.test(label))
  if (told.length === 0 || account === undefined) return 'unknown'
  return told.every((label) => label.toLowerCase() === accountLabel(account)) ? 'this' : 'another'
}

/**
 * Whether a registration may have one of these machines: one of its very try, or, in doubt, one whose tags are damaged and still name its
 * launch or its runner.
 */
export function inhabited(machines: readonly Instance[]): (runner: Named) => boolean {
  const damages = machines.flatMap(({ damage }) => damage ?? [])
  const identities = new Set(damages.map(({ identity }) => identity))
  const names = new Set(damages.flatMap(({ name }) => name || []))
  const leases = machines.flatMap(({ lease }) => lease ?? [])
  return (runner) =>
    leases.some((lease) => isOfTry(runner, lease)) ||
    identities.has(identityOfRunner(runner) ?? '') ||
    names.has(runner.name)
}

/** Whether a machine may have one of these registrations: more than enough to leave it alone, and never enough to believe in one. */
export function registered(runners: readonly Runner[]): (machine: Owned) => boolean {
  const identities = new Set(runners.map(identityOfRunner))
  return ({ lease }) => identities.has(lease.identity)
}

/** Do two machines say that they are of one launch? */
export function sameLaunch(one: Owned, other: Owned): boolean {
  return isOurs(other, wishOf(one.lease))
}
