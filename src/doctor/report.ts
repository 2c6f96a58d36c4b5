import { renderMarkdown } from '../lib/table.ts'
import { onOneLine } from '../lib/printable.ts'
import type { Check } from '../model/check.ts'
import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import { examine, type Examination, type Told } from './doctor.ts'

const marks: Readonly<Record<Check['verdict'], string>> = {
  good: 'good   ',
  bad: 'BAD    ',
  unknown: 'unknown',
}

/** Examines and prints: a line a check, as it comes, or JSON at the end. Throws, after printing, when a launch would fail. */
export async function examineAndReport(
  examination: Examination,
  asJson: boolean,
  ports: Ports,
): Promise<void> {
  const { host, forge, clouds } = ports
  const told: Told[] = []
  for await (const check of examine(examination, ports)) {
    told.push(check)
    if (!asJson) host.print(lineOf(check))
  }
  if (asJson) host.print(JSON.stringify(told, undefined, 2))
  const lacking = lackingOf(told, [forge.name, ...clouds.open.map(({ name }) => name)])
  const verdict = `${lacking.length > 0 ? 'A launch would fail' : 'Nothing was found that would make a launch fail'}: ${countsOf(told)}.`
  const cloudless = clouds.open.length === 0 ? ' No cloud was named, so none was looked at.' : ''
  host.log.info(verdict + cloudless)
  const rows = told.map(({ of, what, verdict: one, said = '', fix = '' }) => [one, of, what, said, fix])
  const table = { titles: ['verdict', 'of', 'what', 'found', 'what to do'], rows }
  await host.summary(`${renderMarkdown(`A launch for ${forge.scope}, examined`, table, '')}\n${verdict}\n`)
  if (lacking.length > 0) throw wouldFail(lacking)
}

function countsOf(told: readonly Told[]): string {
  const count = (verdict: Check['verdict']): number => told.filter((one) => one.verdict === verdict).length
  return `${count('good')} good, ${count('bad')} bad, ${count('unknown')} unknown`
}

/** What a launch would fail by. Of whom nothing is known to be good, nobody has answered, and a launch would not do better. */
function lackingOf(told: readonly Told[], names: readonly string[]): readonly string[] {
  const bad = told.filter(({ verdict }) => verdict === 'bad')
  const silent = names.filter((name) => !told.some(({ of, verdict }) => of === name && verdict !== 'unknown'))
  return [
    ...bad.map(({ of, what }) => `${of}: ${what}`),
    ...silent.map((name) => `${name}: nothing could be found out`),
  ]
}

/** All on one line; what is to be done about it comes last. */
function lineOf({ of, what, verdict, said, fix }: Told): string {
  const found = said === undefined ? '' : `: ${said}`
  const remedy = verdict === 'good' || fix === undefined ? '' : ` → ${fix}`
  return onOneLine(`${marks[verdict]} ${of}: ${what}${found}${remedy}`)
}

function wouldFail(lacking: readonly string[]): Failure {
  return new Failure('failed-precondition', {
    tried: 'find everything that a launch needs',
    said: lacking.join('; '),
    fix: 'do what stands beside each, and run `doctor` again.',
  })
}
