import { afterAll, describe, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { renderMime } from '../../src/machine/carriers/mime.ts'
import { atSurePoint, failed, missed, type Conditions } from './cases.ts'
import { casesFor, handsOf } from './deal.ts'
import type { Subject } from './flows.ts'
import { pairsOf } from './pairs.ts'
import { bearableFactor, playAll } from './play.ts'
import { faultKinds } from './rig.ts'
import { scan, type Place } from './secrets.ts'
import { Story } from './story.ts'
import { renderFailure } from './table.ts'
import { userDataPieces } from './user-data.ts'

const dist = process.env.CML_RUNNER_DIST ?? join(dirname(fileURLToPath(import.meta.url)), '../../dist')

/** The same in every run; `npm run chaos` tries all. */
const seed = 20_261_121
const subjects: readonly Subject[] = ['launch', 'launch-reuse', 'post', 'stop', 'sweep']

const pairs = pairsOf()
const hands = handsOf(pairs, subjects)
const folder = mkdtempSync(join(tmpdir(), 'cml-runner-chaos-'))
process.env.TMPDIR = folder
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('trouble at any moment', () => {
  test.each(pairs.map((pair) => [pair.name, pair] as const))(
    'on %s leaves nothing behind, takes nothing that is somebody’s, and shows no secret',
    async (_, pair) => {
      const conditions: Conditions = { dist, factor: await bearableFactor(dist), lanes: 3 }
      const cases = await casesFor(pair, { pairs, hands, seed }, conditions)
      const first = await playAll(cases, conditions)
      const late = first.filter(missed).map((outcome) => atSurePoint(outcome.case))
      const second = await playAll(late, conditions)
      const bad = [...first, ...second].filter(failed)
      expect(bad.map((outcome) => renderFailure(outcome, seed))).toEqual([])
      // Each has met its trouble, at its own point or at the sure one.
      expect(second.filter(missed).map((outcome) => outcome.case.id)).toEqual([])
    },
    // Each case is bounded by itself; all of them take minutes where others work beside.
    600_000,
  )

  test('comes to every subject at every forge, and to every pair, in every kind', () => {
    for (const { forge } of pairs)
      expect(hands.filter(({ pair }) => pair.forge === forge).map(({ subject }) => subject)).toEqual(
        expect.arrayContaining([...subjects]),
      )
    expect(new Set(hands.map(({ pair }) => pair))).toEqual(new Set(pairs))
    expect(new Set(hands.flatMap(({ faults }) => faults))).toEqual(new Set(faultKinds))
  })

  test('is tried on every cloud with every forge, and says which of them it does not know', () => {
    expect(() => pairsOf(undefined, undefined, [{ name: 'gitea' }])).toThrow(
      'The forge gitea is in src/forges/registry.ts and tests do not know how to try it in the matrix',
    )
    expect(() => pairsOf(undefined, [{ name: 'nimbus' }], [{ name: 'github' }])).toThrow(
      'add __tests__/chaos/nimbus-rig.ts',
    )
  })
})

describe('what the matrix looks for', () => {
  const open = (): Promise<Story> =>
    Story.open(pairs[0]!, {
      dist,
      factor: 25,
      lag: 0,
      lying: false,
      variant: 0,
      door: 'step',
    })

  test('is there before anything has happened: nobody’s machine is missing, and nothing is left', async () => {
    const story = await open()
    expect([story.leaks(), story.harm(), story.otherProblems()]).toEqual([[], [], []])
    await story.close()
  })

  test('is a machine or a registration that nobody was given', async () => {
    const story = await open()
    const [bystander] = story.cloud.machines().filter(({ lease }) => lease?.scope === story.forge.scope)
    const lease = { ...bystander!.lease!, identity: 'forgotten'.padEnd(20, '2') }
    const id = story.cloud.seedMachine(story.cloud.regions.other, lease)
    story.forge.seedRunner({ name: 'forgotten', labels: [`cml-${lease.identity}`], state: 'offline' })
    expect(story.leaks()).toEqual([`machine ${id} in ${story.cloud.regions.other}`, 'registration forgotten'])
    story.keep()
    expect([story.leaks(), story.harm(), story.problems]).toEqual([[], [], []])
    await story.close()
  })

  test('is a machine that was handed over or belongs to others, and is ended', async () => {
    const story = await open()
    const launched = await (await story.step('launch')).main()
    expect([launched.log, launched.exitCode]).toEqual([expect.anything(), 0])
    story.keep()
    for (const { id } of story.cloud.machines()) story.cloud.end(id)
    for (const { name } of story.forge.runners()) story.forge.delete(name)
    await story.settled()
    expect(story.harm().length).toBeGreaterThan(8)
    expect(story.harm()).toContain('a machine that was handed over was ended')
    await story.close()
  })

  const secret = { kind: 'forge token', text: 'ghp_J7sK2mQ9xR4vT8wZ1bN6' } as const
  const bytes = Buffer.from(`xy${secret.text}z`)
  test.each([
    ['plain', `Bearer ${secret.text}`],
    ['as Base64', bytes.toString('base64')],
    ['as Base64 for addresses', Buffer.from(`?x=${secret.text}`).toString('base64url')],
    ['as hexadecimal digits', bytes.toString('hex')],
    ['backwards', [...secret.text].reverse().join('')],
  ])('is a secret %s, in every place but its own', (_, text) => {
    const places: readonly Place[] = [
      'forge request',
      'cloud request',
      'user data',
      'log',
      'outputs',
      'state',
      'arguments',
    ]
    for (const place of places)
      expect(scan([secret], [{ place, text }])).toEqual([expect.stringContaining(place)])
    expect(scan([secret], [{ place: 'forge request: authorization', text }])).toEqual([])
    expect(
      scan(
        [secret],
        places.map((place) => ({ place, text: 'nothing' })),
      ),
    ).toEqual([])
  })

  test.each([
    ['cloud token', 'cloud request: authorization'],
    ['assertion', 'token request'],
  ] as const)('is a %s anywhere but in a %s, where the cloud asks for it', (kind, own) => {
    const text = 'ya29.c0AS_rQvX7wLm2nB5tZ9'
    const places: readonly Place[] = ['cloud request', 'forge request: authorization', 'user data', 'log']
    const found = scan(
      [{ kind, text }],
      [...places, own].map((place) => ({ place, text: `Bearer ${text}` })),
    )
    expect(found).toEqual(places.map((place) => expect.stringContaining(` in ${place} (`)))
  })

  test('is a secret inside of packed user data, wherever it is not the one file of the agent', () => {
    const script = `#!/bin/sh\nexport TOKEN=${secret.text}\n`
    const config = JSON.stringify({ write_files: [] })
    const mime = renderMime([
      { type: 'text/cloud-config', filename: 'files.json', text: `#cloud-config\n${config}\n` },
      { type: 'text/cloud-boothook', filename: 'bootstrap.sh', text: script },
    ])
    expect(scan([secret], userDataPieces(gzipSync(mime)))).toEqual([expect.stringContaining('user data')])
  })
})
