import { beforeEach, describe, expect, it } from '@jest/globals'
import { launch } from '../../src/launch/launch.ts'
import type { LaunchOrder } from '../../src/launch/order.ts'
import type { Ports } from '../../src/ports.ts'
import { renderMilestone } from '../../src/machine/agent-config.ts'
import { Failure } from '../../src/model/failure.ts'
import { placeLabel, runLabel, uniqueLabel } from '../../src/model/runner.ts'
import { FakeClock } from '../emulators/fake-clock.ts'
import { candidate, RecordingHost, World } from '../emulators/ports.ts'

const identity = 'abcdefghijklmnopqrst'

const order = (name = `cml-${identity}`): LaunchOrder => ({
  lease: {
    identity,
    run: 'r'.repeat(20),
    scope: 'smithy.example/team/repo',
    owner: 'someone',
    name,
    dueAt: 1_790_000_600,
    nonce: 'n0nce5',
    expiresAt: 1_790_400_000,
  },
  labels: ['cml'],
  single: false,
  idleTimeout: 300,
  launchTimeout: 600,
  request: {
    regions: ['north-1'],
    types: ['small'],
    diskGb: 35,
    spot: false,
    spotPrice: -1,
    spotFallback: false,
    metadata: {},
    publicAddress: 'auto',
    ssh: false,
    lifetime: 432_000,
  },
  proxy: {},
  assets: new Map([
    ['nimbus', { agent: 'agent', bootstrap: '#!/bin/sh\n', fuses: '#!/bin/sh\n', packages: '#!/bin/sh\n' }],
  ]),
})

let clock: FakeClock
let world: World
let host: RecordingHost
let ports: Ports

beforeEach(() => {
  clock = new FakeClock()
  world = new World(clock)
  host = new RecordingHost()
  ports = { clouds: world.clouds, forge: world.forge, host, clock, signal: host.signal }
})

const failureOf = async (call: Promise<unknown>): Promise<Failure> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('what others write to the console of a machine', () => {
  const words = [
    '::set-output name=label::x',
    '##[set-env name=PATH;]/tmp',
    '\x1b[2J\x1b]0;title\x07over\rwritten',
    'one\u2028line\u0085only',
    '```',
    '<img src=x onerror=x>',
    `| ${renderMilestone(1_790_000_000, 'failed', 'quoted')}`,
  ]

  it('is shown as text, and decides nothing', async () => {
    world.script = { onlineAfter: 20_000, console: words.map((line) => ({ at: 2_000, line })) }
    const outputs = await launch(order(), ports)
    expect(outputs.runnerName).toBe(`cml-${identity}`)
    const shown = host.lines.join('\n')
    for (const word of ['::set-output', '<img', 'quoted']) expect(shown).toContain(word)
    expect(shown).not.toMatch(/##\[|[^\P{Cc}\n\x80-\x9f]/u)
  })

  it('makes the forge asked sooner at most, also when it says that the runner listens', async () => {
    const line = renderMilestone(clock.now() / 1000 + 3, 'listening')
    world.script = { onlineAfter: 20_000, console: [{ at: 3_000, line }] }
    const began = clock.now()
    expect((await launch(order(), ports)).instanceId).toBe('i-1')
    expect(clock.now() - began).toBeGreaterThanOrEqual(20_000)
  })

  it('stays inside of its fence on the page of a launch that failed', async () => {
    const ended = { kind: 'unavailable', code: 'Died', text: 'it died' } as const
    world.script = { diesAfter: 9_000, ended, console: words.map((line) => ({ at: 2_000, line })) }
    await failureOf(launch(order(), ports))
    const [summary = ''] = host.summaries
    const [, fence = '', text = ''] = /\n(`{3,})text\n([^]*?)\n\1(?:\n|$)/.exec(summary) ?? []
    expect(text).toContain('<img src=x onerror=x>')
    expect(text.split('\n').some((line) => line.startsWith(fence))).toBe(false)
    expect(summary.replace(text, '')).not.toContain('<img')
  })
})

it('a name or an answer of others fills one cell of the table on the job’s page, as text', async () => {
  world.candidates = [candidate({ place: 'full' }), candidate({ place: 'free' })]
  const said = 'no | room <b>here</b>\n# or `there` [x](https://example.com)'
  world.refuse.set('full', new Failure('capacity-unavailable', { tried: 'launch', said }))
  await launch(order('a | <img src=x> `b`'), ports)
  const [summary = ''] = host.summaries
  const rows = summary.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((row) => row.replaceAll(/\\./g, '').split('|').length)
  expect(new Set(cells)).toEqual(new Set([4, 5]))
  const text = rows.join('\n').replaceAll(/\\./g, '')
  expect(text.replaceAll(/\[([^\][]*)\]\(https:\/\/\w+\.example[\w/-]*\)/g, '$1')).not.toMatch(/[<>`[\]]/)
  expect(summary).not.toMatch(/^# or/m)
})

it('a runner that has the launch’s guessed name and labels before it begins keeps it from beginning, and takes nothing over', async () => {
  const { lease } = order()
  const labels = ['cml', uniqueLabel(identity), placeLabel('nimbus', 'north-1')]
  const rogue = world.addRunner({
    name: lease.name,
    labels: [...labels, runLabel({ ...lease, nonce: 'guess1' })],
  })
  const failure = await failureOf(launch(order(), ports))
  expect([failure.kind, failure.explanation.tried]).toEqual([
    'already-exists',
    `take the runner name ${lease.name}`,
  ])
  expect([world.calls('cloud.create'), host.outputs, host.saved['handed-over']]).toEqual([0, [], undefined])
  expect(world.runners.has(rogue.id)).toBe(true)
})
