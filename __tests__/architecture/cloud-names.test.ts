import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { clouds } from '../../src/clouds/registry.ts'
import type { CloudSide } from '../sides/cloud-side.ts'
import { cloudSide } from '../sides/sides.ts'
import { debts, pages } from './cloud-names.ts'

const root = join(import.meta.dirname, '../..')
/** What no version of the project holds, as `.gitignore` has it, and what is made from the rest. */
const elsewhere = /^(node_modules|\.git|build|coverage|dist|bench\.json)$|\.tgz$/

function allFiles(folder = ''): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (elsewhere.test(path)) return []
    if (entry.isDirectory()) return allFiles(path)
    return entry.isFile() ? [path] : []
  })
}

/** The project's files: those under version control; all there are where that cannot be asked. */
function projectFiles(): readonly string[] {
  const { status, stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  if (status !== 0) return allFiles()
  return stdout
    .split('\0')
    .filter((path) => path !== '' && !/^dist\//.test(path) && existsSync(join(root, path)))
}

const files = projectFiles()

/** What belongs to a cloud alone: its folder, its emulator, its side, its rig, its tests, what its demo plays, the real service where one can be run, its page. */
function ownFiles({ name, emulator }: CloudSide): RegExp {
  return new RegExp(
    `^(${[
      `src/clouds/${name}/`,
      `__tests__/clouds/${name}/`,
      `__tests__/emulators/${emulator}/`,
      `__tests__/sides/${name}\\.ts$`,
      `__tests__/chaos/${name}-rig\\.ts$`,
      `__tests__/demo/${name}\\.`,
      `__tests__/peers/${name}/`,
      `docs/${name}(-role)?\\.[a-z]+$`,
    ].join('|')})`,
  )
}

/** A name by itself or as part of one that is put together, not as letters within a word. */
const pattern = ({ names }: CloudSide): RegExp => new RegExp(`(?<![a-z])(${names.join('|')})(?![a-z])`, 'i')

/** Lines of a file that name the cloud. */
function linesNaming(side: CloudSide, path: string): number {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  return lines.filter((line) => pattern(side).test(line)).length
}

describe.each(clouds.map(({ name }) => cloudSide(name)))('the cloud $name', (side) => {
  const own = ownFiles(side)
  const isPage = (path: string): boolean => pages.some(([file]) => file.test(path))
  const naming = files
    // The table below and its test name every one of them.
    .filter((path) => !/cloud-names(\.test)?\.ts$/.test(path))
    .filter((path) => !own.test(path) && !isPage(path) && /\.(ts|mjs|cjs|js|sh|json|yml|md)$/.test(path))
    .map((path) => [path, linesNaming(side, path)] as const)
    .filter(([, lines]) => lines > 0)

  test('is named in its own files alone, and on pages for people', () => {
    const owed = debts[side.name] ?? {}
    const news = naming
      .filter(([path, lines]) => lines > (owed[path]?.[0] ?? 0))
      .map(
        ([path, lines]) =>
          `${path} names it in ${lines} line(s): say it through the port, the side or the rig`,
      )
    expect(news).toEqual([])
  })

  test('is named in no more places than there were: what is paid is struck off', () => {
    const now = new Map<string, number>(naming)
    const paid = Object.entries(debts[side.name] ?? {})
      .filter(([path, [lines]]) => (now.get(path) ?? 0) < lines)
      .map(([path]) => `${path} has ${now.get(path) ?? 0} such line(s) now: write that in cloud-names.ts`)
    expect(paid).toEqual([])
  })
})

describe('the list of what a cloud consists of', () => {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const [, section = ''] = /^## Adding a cloud\n(.*?)^## /ms.exec(text) ?? []
  const listed = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, path = '']) => path)
  const fill = (path: string, { name, emulator }: CloudSide): string =>
    path.replaceAll('<cloud>', name).replaceAll('<service>', emulator)
  const sides = clouds.map(({ name }) => cloudSide(name))

  test('names files that every cloud has', () => {
    expect(listed.length).toBeGreaterThan(8)
    const paths = sides.flatMap((side) => listed.map((path) => fill(path, side)))
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('and the tables that name every cloud', () => {
    const [first = [], ...others] = sides.map(({ name }) => Object.keys(debts[name] ?? {}))
    const tables = first.filter((path) => others.every((paths) => paths.includes(path)))
    expect(tables.length).toBeGreaterThan(4)
    const isTold = (path: string): boolean =>
      section.includes(`\`${path}\``) || section.includes(`\`${basename(path)}\``)
    expect(tables.filter((path) => !isTold(path))).toEqual([])
  })

  test('and what makes a cloud’s roles, which each has', () => {
    const lacking = sides.filter(({ name }) => !files.some((path) => path.startsWith(`docs/${name}-role.`)))
    expect(lacking.map(({ name }) => name)).toEqual([])
  })

  /**
   * Folders of a cloud hold what they need, its first tests stand beside its folder of tests, what makes its roles is a file of any kind, and few have
   * a real service that tests can run.
   */
  const whole = [
    'src/clouds/<cloud>/',
    '__tests__/clouds/<cloud>',
    '__tests__/peers/<cloud>/',
    'docs/<cloud>-role.',
  ]

  test('names all places where a cloud has files of its own', () => {
    for (const side of sides) {
      const places = [...listed, ...whole].map((path) => fill(path, side))
      const strays = files
        .filter((path) => ownFiles(side).test(path))
        .filter((path) => !places.some((place) => path.startsWith(place)))
      expect(strays).toEqual([])
    }
  })
})
