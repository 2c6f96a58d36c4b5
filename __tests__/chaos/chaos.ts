// `npm run chaos`: trouble of every kind, at every moment, to every process of the product, on every cloud and forge that there is.
// `-- --seed 7` picks other worlds and moments; `--only "<id>"` runs one case and shows what it said; `--random 100` so many kills,
// `--sample 200` so many cases of the matrix, `--kind swept` those whose row of the table says so.
// `--json <file>` writes the table as JSON, too.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { jsonOption, writeMeasured } from '../bench/measured.ts'
import {
  caseNamed,
  failed,
  matrixOf,
  numbered,
  sampleOf,
  sweptCases,
  takenCases,
  wholeMatrixOf,
  type Case,
  type Conditions,
  type Outcome,
} from './cases.ts'
import { subjects } from './flows.ts'
import { pairsOf, type Pair } from './pairs.ts'
import { bearableFactor, playAll, pointsOf } from './play.ts'
import { Random } from './random.ts'
import { randomKill } from './random-kills.ts'
import { countOutcomes, renderCoverage, renderFailure, renderOutcomes } from './table.ts'

const root = join(import.meta.dirname, '../..')

const { values: wish } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    random: { type: 'string', default: '1000' },
    sample: { type: 'string' },
    factor: { type: 'string' },
    lanes: { type: 'string', default: '6' },
    pair: { type: 'string' },
    subject: { type: 'string' },
    kind: { type: 'string' },
    ...jsonOption,
  },
})
const seed = Number(wish.seed)

async function casesOf(pairs: readonly Pair[], conditions: Conditions): Promise<readonly Case[]> {
  const random = new Random(seed)
  const cases: Case[] = []
  const wanted = subjects.filter((subject) => wish.subject === undefined || subject === wish.subject)
  for (const pair of pairs) {
    const points = await pointsOf(pair, wanted, conditions)
    cases.push(...(wish.only === undefined ? matrixOf(pair, points, random) : wholeMatrixOf(pair, points)))
    const more = [...takenCases(pair), ...sweptCases(pair, points, wish.only !== undefined)]
    cases.push(...more.filter(({ subject }) => wanted.includes(subject)))
  }
  if (wish.sample !== undefined) cases.splice(0, Infinity, ...sampleOf(cases, Number(wish.sample), random))
  for (let index = 0; index < Number(wish.random); index++)
    cases.push(randomKill(pairs[index % pairs.length]!, seed, index))
  if (wish.only === undefined) return numbered(cases.filter(({ kind }) => kind.includes(wish.kind ?? '')))
  const one = caseNamed(wish.only, cases)
  return one ? [one] : []
}

async function chaos(folder: string): Promise<void> {
  // One state of it, whatever somebody builds meanwhile.
  const built = process.env.CML_RUNNER_DIST ?? join(root, 'dist')
  cpSync(built, join(folder, 'dist'), { recursive: true })
  cpSync(join(built, '../action.yml'), join(folder, 'action.yml'))
  cpSync(join(built, '../package.json'), join(folder, 'package.json'))
  const dist = join(folder, 'dist')
  const factor = wish.factor === undefined ? await bearableFactor(dist) : Number(wish.factor)
  const conditions: Conditions = { dist, factor, lanes: Number(wish.lanes) }
  const pairs = pairsOf(wish.pair)
  const began = Date.now()
  const cases = await casesOf(pairs, conditions)
  console.log(`${cases.length} cases, seed ${seed}, time ${factor} times faster.`)
  const tell = (outcome: Outcome, done: number): void => {
    if (failed(outcome)) console.log(renderFailure(outcome, seed))
    else if (wish.only !== undefined) console.log(outcome.log.join('\n'))
    if (done % 100 === 0) process.stderr.write(`${done} of ${cases.length} …\n`)
  }
  const outcomes = await playAll(cases, conditions, tell)
  console.log(`\n${renderOutcomes(outcomes)}`)
  console.log(`\n${renderCoverage(outcomes)}`)
  console.log(`\n${((Date.now() - began) / 60_000).toFixed(1)} minutes, seed ${seed}.`)
  if (wish.json !== undefined)
    console.log(writeMeasured(wish.json, 'chaos', { seed, pairs: countOutcomes(outcomes) }))
  if (cases.length === 0 || outcomes.some(failed)) process.exitCode = 1
}

/** Everything temporary is in one folder, which goes with the process, also when somebody stops it. */
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cml-runner-chaos-'))
  process.env.TMPDIR = folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => process.exit(128 + constants.signals[name]))
  return folder
}

if (process.platform === 'linux') await chaos(ownFolder())
else {
  console.error('The matrix runs on Linux only: it reads what processes were called with from /proc.')
  process.exitCode = 1
}
