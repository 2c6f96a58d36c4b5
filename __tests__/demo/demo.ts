// `npm run demo`: a whole life in a terminal, at GitHub or with `-- --forge gitlab` at GitLab; `--cloud` names another cloud than the first, or several of
// which only the last has a machine; `--here` makes this very machine the runner. Exit code 0 only when everything went well and nothing is left.
import { parseArgs } from 'node:util'
import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import type { CloudSide } from '../sides/cloud-side.ts'
import { jointSide } from '../sides/joint.ts'
import { cloudSide, type ForgeName } from '../sides/sides.ts'
import { listenForInterrupts } from './interrupt.ts'
import { pieceLine } from './pieces.ts'
import { Screen } from './screen.ts'

async function demo(): Promise<number> {
  if (process.platform !== 'linux') {
    console.error('The demo runs on Linux only: its emulated machine boots with Linux programs.')
    return 1
  }
  const { forge, cloud, here } = wishOf(process.argv.slice(2))
  if (!forge || !cloud) {
    console.error(
      `Usage: npm run demo [-- --forge ${names(forges)}] [--cloud ${names(clouds)} | --here], or at ${forges[0].name} several clouds: --cloud ${clouds.map(({ name }) => name).join(',')}`,
    )
    return 2
  }
  const interrupt = listenForInterrupts()
  const screen = new Screen(process.stdout)
  if (here) return (await import('./here.ts')).playHere(forge as ForgeName, screen, interrupt)
  const { play } = await import('./play.ts')
  const pieceOf = await pieceLine(forge).load()
  return play(pieceOf(sideOf(cloud.split(','))), screen, interrupt)
}

const names = (lines: readonly { readonly name: string }[]): string => lines.map(({ name }) => name).join('|')

function sideOf([first = '', ...others]: readonly string[]): CloudSide {
  return others.length > 0 ? jointSide([cloudSide(first), ...others.map(cloudSide)]) : cloudSide(first)
}

interface Wish {
  readonly forge?: string
  readonly cloud?: string
  readonly here?: boolean
}

/** What is to be played; empty for what nobody knows. */
function wishOf(argv: readonly string[]): Wish {
  try {
    const options = {
      forge: { type: 'string' },
      cloud: { type: 'string' },
      here: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ args: [...argv], options })
    const { forge = forges[0].name, cloud = clouds[0].name, here = false } = values
    const named = new Set(cloud.split(','))
    const several = named.size > 1
    const known =
      forges.some(({ name }) => name === forge) &&
      [...named].every((one) => clouds.some(({ name }) => name === one)) &&
      (!several || forge === forges[0].name)
    return known ? { forge, cloud, here } : {}
  } catch {
    return {}
  }
}

void demo().then((code) => process.exit(code))
