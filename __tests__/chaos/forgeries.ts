import { Random } from './random.ts'

/** A machine that somebody has tagged so that it looks like a launch of ours, in part or wholly. */
export interface ForgedMachine {
  readonly scope: 'ours' | 'another' | 'spelt otherwise'
  readonly run: Whose
  readonly identity: Whose | 'cut'
  readonly name: 'ours' | 'another'
  readonly place: 'here' | 'elsewhere'
  readonly nonce: 'none' | 'made up'
  readonly expiry: 'past' | 'future' | 'fraction' | 'cut'
}

/** A registration that somebody has labelled so that it looks like the runner of a launch of ours. */
export interface ForgedRunner {
  readonly identity: Whose | 'cut'
  /** `none`: no label of a run at all, and so neither nonce nor time. */
  readonly run: Whose
  readonly name: 'ours' | 'another'
  /** `nowhere`: no region at all. */
  readonly place: 'here' | 'elsewhere' | 'nowhere' | 'none'
  readonly nonce: 'none' | 'made up'
  readonly due: 'past' | 'future' | 'fraction' | 'cut'
  readonly state: 'idle' | 'offline'
}

/** Of the launch that is tried, of an honest one that stands by, or not there. */
type Whose = 'ours' | 'another' | 'none'

type Values<T> = { readonly [K in keyof T]: readonly T[K][] }

const whose = ['ours', 'another', 'none'] as const

/**
 * Everything that one person can write who may tag in the account and register in the scope. The right nonce is missing: it is in no log before the
 * machine is handed over, and whoever reads the tags of the account all the same is SECURITY's.
 */
const machineValues: Values<ForgedMachine> = {
  scope: ['ours', 'another', 'spelt otherwise'],
  run: whose,
  identity: [...whose, 'cut'],
  name: ['ours', 'another'],
  place: ['here', 'elsewhere'],
  nonce: ['none', 'made up'],
  expiry: ['past', 'future', 'fraction', 'cut'],
}

const runnerValues: Values<ForgedRunner> = {
  identity: [...whose, 'cut'],
  run: whose,
  name: ['ours', 'another'],
  place: ['here', 'elsewhere', 'nowhere', 'none'],
  nonce: ['none', 'made up'],
  due: ['past', 'future', 'fraction', 'cut'],
  state: ['idle', 'offline'],
}

/** The whole product: those that come closest to the truth first, then all others, each shuffled once and for all. */
export const forgedMachines: readonly ForgedMachine[] = worstFirst(productOf(machineValues), {
  scope: ['ours'],
  run: ['ours'],
  identity: ['ours'],
  name: ['ours'],
  place: ['here'],
  expiry: ['past', 'future'],
})
export const forgedRunners: readonly ForgedRunner[] = worstFirst(
  productOf(runnerValues).filter(
    ({ run, nonce, due }) => run !== 'none' || (nonce === 'none' && due === 'past'),
  ),
  { run: ['ours'], identity: ['ours'], name: ['ours'], place: ['here'], due: ['future'], state: ['idle'] },
)

/** It says all that the launch's own machine says, and says it well. Only the machine of the launch's true runner may be taken for it. */
export function isPerfect({ scope, run, identity, name }: ForgedMachine): boolean {
  return [scope, run, identity, name].every((word) => word === 'ours')
}

/** All of its tags are there, and as the product writes them. */
export function isWhole({ nonce, expiry, identity, run }: ForgedMachine): boolean {
  return (
    nonce !== 'none' &&
    expiry !== 'fraction' &&
    expiry !== 'cut' &&
    identity !== 'none' &&
    identity !== 'cut' &&
    run !== 'none'
  )
}

/** So many in a row, in turn: each number gets the next ones. */
export function deal<T>(deck: readonly T[], number: number, count: number): readonly T[] {
  return Array.from({ length: count }, (_, index) => deck[(number * count + index) % deck.length]!)
}

function productOf<T>(values: Values<T>): readonly T[] {
  return Object.entries<readonly unknown[]>(values).reduce<readonly object[]>(
    (products, [key, choices]) =>
      products.flatMap((product) => choices.map((choice) => ({ ...product, [key]: choice }))),
    [{}],
  ) as readonly T[]
}

/** First those in which at most one word differs from the truth. */
function worstFirst<T>(all: readonly T[], truth: Partial<Values<T>>): readonly T[] {
  const close = (one: T): boolean =>
    Object.entries<readonly unknown[] | undefined>(truth).filter(
      ([key, right]) => !right?.includes(one[key as keyof T]),
    ).length <= 1
  const shuffled = new Random(9).shuffled(all)
  return [...shuffled.filter(close), ...shuffled.filter((one) => !close(one))]
}
