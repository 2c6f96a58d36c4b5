import type { Host } from '../hosts/host.ts'
import { identityPattern, type Identity } from '../model/identity.ts'
import type { Instance } from '../model/instance.ts'

/** What main leaves for the post step of the same launch: each a hint, lost without harm, and written by others where they can. */
export interface Trail {
  /** As main has computed it; undefined when main left nothing that can be used. */
  readonly identity?: Identity
  /** Main left something: it ran, and its silence about a hand-over means something. */
  readonly known: boolean
  /** It was about to create. */
  readonly creating: boolean
  /** It took over a machine that another process had made, and may have handed over before. */
  readonly adopted: boolean
  readonly handedOver: boolean
  /** A runner that was there was handed on in its place; nothing was made. */
  readonly reused: boolean
  /** It removed everything itself, and that stayed gone. */
  readonly removed: boolean
  /** A stop came to an end, whichever. */
  readonly stopped: boolean
  /** Clouds that it had no use of, since they did not take its credentials: it made nothing there. */
  readonly leftOut: readonly string[]
  /** The machine as main saw it made: nothing of it was checked. */
  readonly machine?: Readonly<Partial<Record<keyof Instance, unknown>>>
}

const names = {
  identity: 'identity',
  creating: 'creating',
  removed: 'removed',
  machine: 'instance',
  adopted: 'adopted',
  handedOver: 'handed-over',
  reused: 'reused',
  stopped: 'stopped',
  leftOut: 'left-out',
} as const satisfies Partial<Record<keyof Trail, string>>

/** Main's side. */
export function leave(host: Pick<Host, 'saveState'>, left: Partial<Omit<Trail, 'known'>>): void {
  for (const [key, value] of Object.entries(left)) {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    host.saveState(names[key as keyof typeof names], text)
  }
}

/** The side of the post step, and of whoever leaves main itself before its end. */
export function readTrail(host: Pick<Host, 'readState'>): Trail {
  const read = (key: keyof typeof names): string | undefined => host.readState(names[key])
  const said = (key: keyof typeof names): boolean => read(key) === 'true'
  const identity = read('identity')
  const machine = machineIn(read('machine'))
  return {
    ...(identity !== undefined && identityPattern.test(identity) ? { identity } : {}),
    known: identity !== undefined,
    creating: said('creating'),
    adopted: said('adopted'),
    handedOver: said('handedOver'),
    reused: said('reused'),
    removed: said('removed'),
    stopped: said('stopped'),
    leftOut: wordsIn(read('leftOut')),
    ...(machine ? { machine } : {}),
  }
}

function wordsIn(text: string | undefined): readonly string[] {
  try {
    const told: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(told) ? told.filter((word): word is string => typeof word === 'string') : []
  } catch {
    return []
  }
}

function machineIn(text: string | undefined): Trail['machine'] {
  try {
    const told: unknown = JSON.parse(text ?? '')
    return typeof told === 'object' && told !== null ? told : undefined
  } catch {
    return undefined
  }
}
