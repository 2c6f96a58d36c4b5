import type { Limit } from '../bucket.ts'

/** A kind of machine at a place, of which there may be none. A cloud adds what it calls the place. */
export interface Pool {
  readonly type: string
  readonly region: string
  readonly market: 'spot' | 'on-demand'
}

/** What can be turned at every emulated cloud, at any time. */
export interface CloudDials {
  /** Used-up quotas, by what the cloud counts them by; `*` stands for any: see `names`. */
  readonly exhausted: Set<string>
  /** So many of the next calls are throttled. */
  throttle: number
  /** What each action allows, as a token bucket; undefined = anything. */
  limit: ((action: string) => Limit) | undefined
  /** What the credentials lack, in the cloud's own words for it. */
  readonly denied: Set<string>
  credentials: 'valid' | 'expired' | 'unknown'
  /** `lag`: the console as it was so many ms ago. */
  console: 'live' | 'absent' | { readonly lag: number }
  /** Looks until a machine that was ordered runs, and until one that was ended is gone. */
  transitions: { readonly running: number; readonly terminated: number }
  /** ms between the order and a machine's first instruction. */
  bootDelay: number
  /** How machines die in boot, if they are to. */
  dies: 'before-boot' | 'in-boot' | undefined
}

/** And where machines are virtual ones. */
export interface MachineDials extends CloudDials {
  /** Empty pools as `type|place|market`; `*` stands for any. */
  readonly dry: Set<string>
  /** What was just created stays invisible for so many looks. */
  lag: { readonly looks?: number }
  /** Largest page, whatever is asked for. */
  pageSize: number
}

export function cloudDials(): CloudDials {
  return {
    exhausted: new Set(),
    throttle: 0,
    limit: undefined,
    denied: new Set(),
    credentials: 'valid',
    console: 'live',
    transitions: { running: 0, terminated: 0 },
    bootDelay: 0,
    dies: undefined,
  }
}

export function machineDials(pageSize: number): MachineDials {
  return { ...cloudDials(), dry: new Set(), lag: {}, pageSize }
}

/** Does a set of `a|b|c` patterns name this one? */
export function names(patterns: ReadonlySet<string>, parts: readonly string[]): boolean {
  return [...patterns].some((pattern) => {
    const wanted = pattern.split('|')
    return (
      wanted.length === parts.length && wanted.every((part, index) => part === '*' || part === parts[index])
    )
  })
}
