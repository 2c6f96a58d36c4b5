import { Failure, isAboutCredentials, joinReasons, movesOn } from '../model/failure.ts'
import type { Candidate } from '../model/instance.ts'
import type { Cloud, Complaint, MachineRequest, Resolution } from './cloud.ts'
import { shared, throwAny, tooLong } from './complaints.ts'
import { isOfLine, requestFor, strayLines } from './lines.ts'

/** What is wrong with a request to all of these clouds. A word that one understands is no problem to the others. */
export function complaintsOf(request: MachineRequest, clouds: readonly Cloud[]): readonly Complaint[] {
  const complaints = clouds.map((cloud) => {
    const own = cloud.complaints(requestFor(cloud, request, clouds))
    return [...(clouds.length > 1 ? own.map((one) => named(one, cloud)) : own), ...tooLong(cloud, request)]
  })
  return [...strayLines(request, clouds), ...shared(complaints)]
}

/** Of several clouds it must be told whose complaint it is, where it is not about a word that another may understand. */
function named(complaint: Complaint, { name }: Cloud): Complaint {
  if (complaint.word !== undefined && !isOfLine(complaint)) return complaint
  return { option: complaint.option, text: complaint.text.replace(/^([a-z-]+): /, `$1 (${name}): `) }
}

/** What all of them have, in one order. `shut`: names of those that do not take the credentials, where another has something. */
export async function resolveAll(
  request: MachineRequest,
  clouds: readonly Cloud[],
  signal?: AbortSignal,
): Promise<Resolution & { readonly shut: readonly string[] }> {
  throwAny(complaintsOf(request, clouds))
  const answers = await Promise.allSettled(
    clouds.map(async (cloud) => cloud.resolve(narrowed(requestFor(cloud, request, clouds), cloud), signal)),
  )
  signal?.throwIfAborted()
  const refused = answers.flatMap((answer, index) =>
    answer.status === 'rejected' ? [{ name: clouds[index]!.name, reason: answer.reason as unknown }] : [],
  )
  const reasons = refused.map(({ reason }) => reason)
  const resolutions = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  if (resolutions.length === 0 || !reasons.every(leavesOthers)) throw joinReasons(reasons)
  const candidates = resolutions.flatMap((resolution) => resolution.candidates)
  return {
    candidates: inOrder(candidates, request),
    warnings: [
      ...resolutions.flatMap(({ warnings }) => warnings),
      ...reasons.filter(leavesOthers).map(({ message }) => `Left out, since others were named: ${message}`),
    ],
    shut: refused.flatMap(({ name, reason }) => (isAboutCredentials(reason) ? [name] : [])),
  }
}

/** Options whose words are a list: one cloud takes what it understands of it. */
const lists = { 'cloud-region': 'regions', 'cloud-type': 'types' } as const

/** The request without the words that are another cloud's. Throws `failed-precondition` when nothing of it is left to this one. */
export function narrowed(request: MachineRequest, cloud: Cloud): MachineRequest {
  const foreign = cloud.complaints(request)
  const own: { regions: readonly string[]; types: readonly string[] } = {
    regions: request.regions,
    types: request.types,
  }
  for (const { option, word } of foreign) {
    const list = (lists as Readonly<Record<string, 'regions' | 'types' | undefined>>)[option]
    if (list) own[list] = own[list].filter((other) => other !== word)
    if (!list || own[list].length === 0)
      throw new Failure('failed-precondition', {
        tried: `launch a machine at ${cloud.name}`,
        said: foreign.map(({ text }) => text).join(' '),
      })
  }
  return { ...request, ...own }
}

/** Is it about one cloud alone, so that the others may still have a machine? */
function leavesOthers(reason: unknown): reason is Failure {
  return (
    movesOn(reason) ||
    isAboutCredentials(reason) ||
    (reason instanceof Failure && reason.kind === 'unavailable')
  )
}

function inOrder(candidates: readonly Candidate[], { types }: MachineRequest): readonly Candidate[] {
  const rank = ({ market, typeWord }: Candidate): readonly number[] => [
    market === 'spot' ? 0 : 1,
    types.indexOf(typeWord),
  ]
  return candidates.toSorted((one, other) => {
    const [market = 0, type = 0] = rank(one)
    const [otherMarket = 0, otherType = 0] = rank(other)
    return market - otherMarket || type - otherType
  })
}
