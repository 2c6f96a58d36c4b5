/** How often a launch looks while it waits, ms. Each number is a trade between how late it notices and what it costs others. */
export interface Pace {
  /** The forge, when nothing tells when to look. */
  readonly blind: number
  /** The forge, while the console tells that it is not time yet: a safety net only. */
  readonly background: number
  /** The forge, once the machine has said that it is registered: its runner is about to listen, and the console will tell. */
  readonly registered: number
  /** The forge, in the first seconds after the machine has said that its runner listens. */
  readonly listening: number
  /** The console, until the machine has fetched what it needs, and from then on. */
  readonly cold: number
  readonly hot: number
  /** The machine's own state. */
  readonly state: number
}

/** ms after the order until which no look is needed: a runner takes 2 s at the very least (some ten in reality), and may wait about as long as between two looks. */
const fromOrder = 3_900

/** ms by which the first look at the forge comes later than by its pace. `age`: of the machine, ms, by clocks that may disagree. */
export function headStart(age: number, { blind }: Pace): number {
  return Math.max(0, fromOrder - blind - Math.max(0, age))
}

/**
 * The pace of one of so many launches of one run that wait at the same time. They share what the vendors allow an account or a token: clouds 20
 * requests a second for each action, GitHub 900 points a minute. From one look to the next each takes its part of that, and leaves a third to others.
 */
export function paceOf(crowd: number): Pace {
  return {
    blind: Math.max(2_090, crowd * 60),
    background: 30_000,
    registered: Math.max(2_000, crowd * 20),
    listening: Math.max(300, crowd * 10),
    cold: Math.max(1_000, crowd * 65),
    hot: Math.max(700, crowd * 18),
    state: Math.max(6_000, crowd * 120),
  }
}

/** Milliseconds with some chance in them, so that many who began together do not go on together. Never more than asked for where one is alone. */
export function spread(ms: number, crowd: number, random: number): number {
  return crowd > 1 ? ms * (0.85 + 0.3 * random) : ms
}
