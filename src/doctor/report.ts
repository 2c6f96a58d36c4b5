import { pageOf, table, verdict } from '../lib/page.ts'
import { onOneLine } from '../lib/printable.ts'
import { cell } from '../lib/table.ts'
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
  const fails = lacking.length > 0
  const outcome = fails ? 'A launch would fail' : 'Nothing was found that would make a launch fail'
  const cloudless = clouds.open.length === 0 ? 'No cloud was named, so none was looked at.' : ''
  host.log.info(`${outcome}: ${countsOf(told)}. ${cloudless}`.trim())
  const heading = verdict(fails ? '❌' : '✅', `${outcome} · ${forge.scope} · ${countsOf(told)}`)
  await host.summary(pageOf([heading, pageTable(told), cloudless]))
  if (fails) throw wouldFail(lacking)
}

function pageTable(told: readonly Told[]): string {
  const rows = told.map(({ of, what, verdict: one, said = '', fix = '' }) => [one, of, what, said, fix])
  return table(
    ['Verdict', 'Of', 'What', 'Found', 'What to do'],
    rows.map((cells) => cells.map(cell)),
  )
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
