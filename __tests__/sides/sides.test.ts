import { describe, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { clouds } from '../../src/clouds/registry.ts'
import { forges } from '../../src/forges/registry.ts'
import { benchForge } from '../bench/forges.ts'
import { pairsOf as rigPairsOf } from '../chaos/pairs.ts'
import { pieceLine } from '../demo/pieces.ts'
import { stageOpener } from '../scenarios/pair-story.ts'
import { cloudSide, pairsInTurn, pairsOf } from './sides.ts'

const root = join(import.meta.dirname, '../..')

interface Named {
  readonly name: string
}

/** Where an error says what to add. */
const fileIn = (error: unknown): string => /add (\S+),/.exec(String(error))?.[1] ?? String(error)

/** What is missing before everything that is told of pairs can be told of these. */
function missing(cloudLines: readonly Named[], forgeLines: readonly Named[]): readonly string[] {
  const looks = [
    ...cloudLines.flatMap((cloud) => [
      () => cloudSide(cloud.name),
      () => rigPairsOf(undefined, [cloud], forgeLines.slice(0, 1)),
    ]),
    ...forgeLines.flatMap((forge) => [
      () => pairsOf(cloudLines.slice(0, 1), [forge]),
      () => rigPairsOf(undefined, cloudLines.slice(0, 1), [forge]),
      () => benchForge(forge.name),
      () => stageOpener(forge.name),
      () => pieceLine(forge.name),
    ]),
  ]
  const rows = looks.flatMap((look) => {
    try {
      look()
      return []
    } catch (error) {
      return [fileIn(error)]
    }
  })
  return rows.length > 0 ? rows : cloudLines.flatMap((cloud) => missingPieces(cloud, forgeLines))
}

const missingPieces = (cloud: Named, forgeLines: readonly Named[]): readonly string[] =>
  forgeLines
    .map((forge) => `__tests__/demo/${cloud.name}.${pieceLine(forge.name).file}.yml`)
    .filter((file) => !existsSync(join(root, file)))

describe('pairs', () => {
  test('are every cloud with every forge, and the matrix of trouble has the same, and all clouds at once', () => {
    const names = pairsOf().map(({ name }) => name)
    expect(names).toHaveLength(clouds.length * forges.length)
    const all = clouds.map(({ name }) => name).join('+')
    expect(rigPairsOf().map(({ name }) => name)).toEqual([
      ...names,
      ...forges.map(({ name }) => `${all}-${name}`),
    ])
  })

  test('are dealt to stories so that each has every cloud, and two that follow each other have every pair', () => {
    const first = pairsInTurn(6)
    expect(first.map(({ cloud }) => cloud.name)).toEqual(clouds.map(({ name }) => name))
    const both = [...first, ...pairsInTurn(7)].map(({ name }) => name)
    expect(both.toSorted()).toEqual(
      pairsOf()
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  test('lack nothing of what stories, matrix, benchmark and demo need', () => {
    expect(missing(clouds, forges)).toEqual([])
  })

  test('that nobody can play are told with the files to add', () => {
    expect(missing([{ name: 'nimbus' }], [{ name: 'github' }])).toEqual(
      expect.arrayContaining(['__tests__/sides/nimbus.ts', '__tests__/chaos/nimbus-rig.ts']),
    )
    expect(missing(clouds, [{ name: 'gitea' }])).toEqual(
      expect.arrayContaining([
        '__tests__/sides/gitea.ts',
        '__tests__/chaos/gitea-rig.ts',
        '__tests__/bench/gitea.ts',
        '__tests__/scenarios/gitea-pair.ts',
        '__tests__/demo/gitea-piece.ts',
      ]),
    )
  })
})
