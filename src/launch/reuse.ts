import type { Forge, Serving, Sighting } from '../forges/forge.ts'
import type { Log } from '../lib/log.ts'
import { onOneLine } from '../lib/printable.ts'

/** Which runner would do in place of one of one's own. */
export interface ReuseWish {
  /** As somebody has given it: whoever is called so will do, whatever its labels. */
  readonly name?: string
  /** All of them, on one runner. */
  readonly labels: readonly string[]
  /** Only one without a job will do. */
  readonly idle: boolean
}

export interface Reusable {
  /** Undefined where none will do. */
  readonly found: Serving | undefined
  /** Ids of those that are there and will not do. */
  readonly passed: ReadonlySet<string>
}

interface Ports {
  readonly forge: Pick<Forge, 'serving' | 'scope'>
  readonly host: { readonly log: Log }
  readonly signal: AbortSignal
}

/** Why a runner that the forge calls online is not at work all the same, as a sentence's end; undefined = it is, as far as anybody can tell. */
export type IsLost = (serving: Serving) => Promise<string | undefined>

/** Runners of which it is told one by one that they will not do. */
const mostTold = 5

/**
 * A runner of the scope, anybody's, that is online and takes jobs; of several on a page one without a job. Reads only, page by page until one will
 * do. Throws what the forge throws.
 */
export async function findReusable(
  wish: ReuseWish,
  { forge, host, signal }: Ports,
  isLost: IsLost = () => Promise.resolve(undefined),
): Promise<Reusable> {
  const passed = new Set<string>()
  const { name, labels } = wish
  const asked = { labels, online: true, ...(name === undefined ? {} : { name }) }
  for await (const page of forge.serving(asked, signal)) {
    for (const seen of page.toSorted(idleFirst).filter(({ id }) => !passed.has(id))) {
      const objection = objectionTo(seen, wish)
      const serving = objection === undefined ? await seen.whole(signal) : undefined
      const reason = objection ?? (serving && (objectionTo(serving.runner, wish) ?? (await isLost(serving))))
      if (serving && reason === undefined) return { found: serving, passed }
      passed.add(seen.id)
      if (reason !== undefined && passed.size <= mostTold)
        host.log.info(`Runner ${onOneLine(seen.name)} is there and is not used: ${reason}.`)
    }
  }
  host.log.info(
    `${absence(wish)} at ${forge.scope}${passed.size > 0 ? ', besides those that cannot be used' : ''}.`,
  )
  return { found: undefined, passed }
}

function absence({ name, labels, idle }: ReuseWish): string {
  const which = `${name === undefined ? '' : `the name ${name} or `}the labels ${labels.join(', ')}`
  return `No runner with ${which} is online${idle ? ' and idle' : ''}`
}

function objectionTo(
  { online, busy, single }: Pick<Sighting, 'online' | 'busy'> & { readonly single?: true },
  { idle }: ReuseWish,
): string | undefined {
  if (!online) return 'it has just gone offline'
  if (busy && idle) return 'it has a job, and `reuse-idle` asks for one without'
  return busy && single ? 'it has a job, and takes no other after it' : undefined
}

function idleFirst(one: Sighting, other: Sighting): number {
  return Number(one.busy === true) - Number(other.busy === true)
}
