import type { Call } from '../../lib/sending.ts'
import type { Arm } from './arm.ts'

/** Nobody has so many machines; a server that turns in circles is not followed for ever. */
const mostPages = 200

/** All entries of a list, whose pages name the next one. */
export async function allPages<T>(arm: Arm, path: string, call: Call): Promise<readonly T[]> {
  const entries: T[] = []
  let next: string | undefined = path
  for (let pages = 0; next !== undefined && pages < mostPages; pages++) {
    const { body } = await arm.send({ method: 'GET', path: next }, call)
    const page = (body ?? {}) as { readonly value?: readonly T[]; readonly nextLink?: string }
    entries.push(...(page.value ?? []))
    next = page.nextLink || undefined
  }
  return entries
}
