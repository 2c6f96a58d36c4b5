import { Failure } from '../../model/failure.ts'
import type { Instance } from '../../model/instance.ts'
import type { CloudContext } from '../cloud.ts'
import type { Compute } from './compute.ts'
import { isNotFound } from './failures.ts'
import { startupKey } from './insert-request.ts'
import { whereOf } from './names.ts'

/** How often somebody else may change the metadata between our look and our order. */
const mostTries = 4

/**
 * Takes the startup script out of the machine's metadata, where every job could read it. The order's answer is enough: what it begins is not waited for.
 * Called again it looks whether the script is gone. Never throws; a sentence when it stays readable.
 */
export async function conceal(
  compute: Compute,
  machine: Instance,
  { log }: CloudContext,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const where = whereOf(machine)
  if (!where) return undefined
  const call = { tried: `take the startup script out of the metadata of ${machine.id}`, signal }
  for (let tries = 1; ; tries++) {
    try {
      const { metadata } = await compute.get(where, call)
      const items = metadata?.items ?? []
      const rest = items.filter(({ key }) => key !== startupKey)
      if (rest.length === items.length) return undefined
      const fingerprint = metadata?.fingerprint
      await compute.setMetadata(where, { ...(fingerprint ? { fingerprint } : {}), items: rest }, call)
      return undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      const changed = error instanceof Failure && /^conditionNotMet$/.test(error.explanation.code ?? '')
      if (changed && tries < mostTries) continue
      log.debug(error instanceof Error ? error.message : String(error))
      return staysReadable(error)
    }
  }
}

function staysReadable(error: unknown): string {
  const said = error instanceof Failure ? (error.explanation.said ?? error.kind) : 'the call failed'
  return `The machine’s startup script stays in its metadata (${said}): its jobs can read the registration token in it until that expires, an hour after it was made. These credentials need compute.instances.setMetadata.`
}
