import { bars, folded } from '../lib/page.ts'
import { troublePage } from '../removal/trouble.ts'
import type { Leg } from './leg.ts'
import { refusalsPart } from './refusals-page.ts'
import { NoneLeft } from './none-left.ts'
import { stretchesOf } from './stretches.ts'

/** Markdown for the page of a job whose launch failed. `removal`: what became of what it had made, a sentence; empty where it had made nothing. */
export function failedPage(
  failure: unknown,
  removal: string,
  { attempts, story, ports }: Pick<Leg, 'attempts' | 'story' | 'ports'>,
): string {
  const phases = folded(`${story.seconds} s, piece by piece`, bars(stretchesOf(story)))
  const told = failure instanceof NoneLeft ? failure.withoutRefusals : failure
  return troublePage(told, [removal, refusalsPart(attempts.refusals, ports), phases])
}
