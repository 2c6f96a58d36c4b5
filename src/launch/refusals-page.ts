import { count } from '../lib/ages.ts'
import { folded, table } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { renderHour } from '../model/price.ts'
import type { Ports } from '../ports.ts'
import type { Refusal } from './refusals.ts'

type Clouds = Pick<Ports, 'clouds'>

/** What was tried in vain, each answer once, or one by one where several clouds were named; empty where there was nothing. */
export function refusalsPart(refusals: readonly Refusal[], ports: Clouds): string {
  const title = `Refused: ${count(refusals.length, 'choice')}`
  return folded(title, ports.clouds.several ? oneByOne(refusals, ports) : byAnswer(refusals, ports))
}

function byAnswer(refusals: readonly Refusal[], { clouds }: Clouds): string {
  const answers = new Map<string, { readonly answer: readonly string[]; readonly asked: string[] }>()
  for (const refusal of refusals) {
    const key = withoutPlace(refusal)
    const { answer, asked } = answers.get(key) ?? { answer: answerOf(refusal), asked: [] }
    answers.set(key, { answer, asked: [...asked, clouds.render(refusal.candidate)] })
  }
  const rows = [...answers.values()].map(({ answer, asked }) => [asked.join(', '), ...answer].map(cell))
  const shared = rows.length < refusals.length
  return table(['Asked for', 'Code', shared ? 'Answer to the first' : 'Answer'], rows)
}

/** The answer without the type and the place that it was about: what differs in nothing else is told once, in the words of the first. */
function withoutPlace(refusal: Refusal): string {
  const { type, region } = refusal.candidate
  const said = answerOf(refusal).join('\n').replaceAll(type, '')
  return said
    .split(/\s+/)
    .filter((word) => !word.includes(region))
    .join(' ')
}

function oneByOne(refusals: readonly Refusal[], { clouds }: Clouds): string {
  const rows = refusals.map((refusal) => {
    const { candidate, price, next } = refusal
    const more = [price ? renderHour(price) : '', next ? clouds.render(next) : 'nothing']
    return [clouds.render(candidate), ...answerOf(refusal), ...more].map(cell)
  })
  return table(['Asked for', 'Code', 'Answer', 'Price', 'Next'], rows)
}

function answerOf({ failure: { kind, explanation } }: Refusal): readonly [code: string, said: string] {
  return [explanation.code ?? kind, explanation.said ?? '']
}
