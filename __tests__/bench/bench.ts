// `npm run bench`: measures dist/, or the doors in CML_RUNNER_DIST, against the emulators, prints a table and writes bench.json,
// or the file in `-- --json <file>`. `--quick` leaves the long boots out, `--pair <cloud>-<forge>` all other pairs.
// `--part boots` measures that part alone (its name is what is told while it is measured) and replaces its rows in the file.
// `--scale 100` launches so many at once instead, under the vendors' documented limits.
// Nothing here fails for a figure: figures are read by people.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pairsOf, type Pair } from '../sides/sides.ts'
import { measureEmptyPlaces } from './capacity.ts'
import { measureInterrupts } from './interrupt.ts'
import { jsonOption, replaceRows, writeMeasured } from './measured.ts'
import { measureOwnMachine } from './own-machine.ts'
import { measurePruning } from './prune.ts'
import { isOver, renderTable, type Row } from './row.ts'
import { measureMatrix } from './scale.ts'
import { measureSizes } from './sizes.ts'
import { measureStartup } from './startup.ts'
import { measureStop } from './stop.ts'
import { callRows, measureAlone, measureSideBySide, wasteRows, type Console } from './waste.ts'
import { measureLaunches } from './whole-launch.ts'

const root = join(import.meta.dirname, '../..')
const { values: wish } = parseArgs({
  options: {
    scale: { type: 'string' },
    quick: { type: 'boolean', default: false },
    pair: { type: 'string' },
    part: { type: 'string' },
    ...jsonOption,
  },
})
const pairs = pairsOf().filter(({ name }) => wish.pair === undefined || name === wish.pair)
const consoles: readonly Console[] = ['live', 'absent']
/** Seconds. */
const boots = [2, 20, 58, 120]

/** Short measurements first and one by one; the long boots, which wait most of their time, side by side at the end. */
async function measure(dist: string, quick: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [undefined, 'sizes'].includes(wish.part) ? [...measureSizes(root, dist)] : []
  const tell = (what: string): boolean => process.stderr.write(`${what} …\n`)
  type Measuring = (pair: Pair) => Promise<readonly Row[] | Row>
  // One measurement that fails costs no other.
  const part = async (name: string, of: readonly Pair[], measureOne: Measuring): Promise<void> => {
    if (wish.part !== undefined && wish.part !== name) return
    for (const pair of of) {
      tell(of.length > 1 ? `${name}: ${pair.name}` : name)
      try {
        rows.push(...[await measureOne(pair)].flat())
      } catch (error) {
        tell(error instanceof Error ? (error.stack ?? error.message) : String(error))
        process.exitCode = 1
      }
    }
  }
  const first = pairs.slice(0, 1)
  const oneOfForge = pairs.filter(({ forge }, at) => pairs.findIndex((pair) => pair.forge === forge) === at)
  await part('start-up', first, () => measureStartup(pairs, quick ? 5 : 11, dist))
  await part('launches', pairs, (pair) => measureLaunches(pair, quick ? 3 : 5, dist))
  await part('cancelling', pairs, (pair) => measureInterrupts(pair, dist))
  await part('empty places', pairs, (pair) => measureEmptyPlaces(pair, 3, dist))
  await part('pruning', pairs, (pair) => measurePruning(pair, dist))
  await part('stopping', pairs, (pair) => measureStop(pair, dist))
  await part('this machine', oneOfForge, ({ forge }) => measureOwnMachine(forge, quick ? 3 : 5, dist))
  for (const console of consoles)
    await part('short boots', pairs, (pair) => measureAlone(pair, console, dist))
  if (quick) return rows
  // Two minutes and a bit each.
  await part('boots', pairs, async (pair) => {
    const all = boots.flatMap((seconds) => consoles.map((console) => ({ seconds, console, pair })))
    const rowsOf = (wastes: Awaited<ReturnType<typeof measureSideBySide>>): readonly Row[] => [
      ...wasteRows(wastes),
      ...callRows(wastes),
    ]
    return rowsOf(await measureSideBySide(all, dist))
  })
  return rows
}

/** One after the other: each is a crowd of its own, and they share this process. */
async function measureScale(legs: number, dist: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const pair of pairs)
    for (const console of consoles) {
      process.stderr.write(`${legs} launches for ${pair.name}, console ${console} …\n`)
      rows.push(...(await measureMatrix({ legs, pair, console }, dist)))
    }
  return rows
}

async function bench(folder: string): Promise<void> {
  // One state of it, whatever somebody builds meanwhile.
  const dist = join(folder, 'dist')
  const built = process.env.CML_RUNNER_DIST ?? join(root, 'dist')
  cpSync(built, dist, { recursive: true })
  for (const name of ['action.yml', 'package.json']) cpSync(join(built, '..', name), join(folder, name))
  const rows = await (wish.scale === undefined
    ? measure(dist, wish.quick)
    : measureScale(Number(wish.scale), dist))
  if (rows.length === 0) throw new Error(`nothing is measured: is there a part ${wish.part}?`)
  const found = rows.map((row) => ({ ...row, pair: row.pair?.name, over: isOver(row) }))
  const file = wish.json ?? join(root, 'bench.json')
  const whole = wish.part === undefined || !existsSync(file)
  const computer = whole ? writeMeasured(file, 'bench', { rows: found }) : replaceRows(file, found)
  console.log(renderTable(rows))
  console.log(computer)
}

/** Everything temporary is in one folder, which goes with the process, also when somebody stops it. */
function ownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cml-runner-bench-'))
  process.env.TMPDIR = folder
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, () => process.exit(128 + constants.signals[name]))
  return folder
}

if (process.platform === 'linux') await bench(ownFolder())
else {
  console.error('The benchmark runs on Linux only: its emulated machines boot with Linux programs.')
  process.exitCode = 1
}
