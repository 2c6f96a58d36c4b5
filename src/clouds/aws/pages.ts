import { Unreadable } from '../../lib/answers.ts'
import { Pages } from '../../lib/pages.ts'
import { Failure } from '../../model/failure.ts'
import type { Call } from '../../lib/sending.ts'
import type { Act, Sender } from './sender.ts'

/** One page of an answer of EC2's. It may hold nothing, and there may be more all the same. */
export interface Page {
  readonly NextToken?: string | undefined
}

/** A read that EC2 answers in pages, whatever it takes for a page. */
export interface List<P extends Page, T> {
  readonly action: string
  entriesOf(page: P): readonly T[] | undefined
  /** What tells one entry from another. */
  keyOf(entry: T): string | undefined
}

/** A list, read to its end. */
export type Read<I, T> = (region: string, input: I, call: Call) => Promise<readonly T[]>

/**
 * `ask`: one page, from the client of one region. Throws `unavailable` for a list that does not end, or brings the same again and again.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination
 */
export function listed<C, I extends object, P extends Page, T>(
  sender: Sender<C>,
  ask: (input: I) => Act<C, P>,
  { action, entriesOf, keyOf }: List<P, T>,
): Read<I, T> {
  return async (region, input, call) => {
    const entries: T[] = []
    const pages = new Pages()
    for (let number = 1, NextToken: string | undefined; ; number++) {
      const asked = NextToken === undefined ? input : { ...input, NextToken }
      const page = await sender.send(region, action, call, ask(asked))
      const more = entriesOf(page) ?? []
      admit(pages, number, more.map(keyOf), call.tried)
      entries.push(...more)
      NextToken = page.NextToken || undefined
      if (NextToken === undefined) return entries
    }
  }
}

function admit(pages: Pages, number: number, keys: readonly (string | undefined)[], tried: string): void {
  try {
    pages.admit(
      number,
      keys.map((key) => key ?? ''),
    )
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new Failure('unavailable', { tried, said: `EC2 gave ${error.message}` }, { cause: error })
  }
}
