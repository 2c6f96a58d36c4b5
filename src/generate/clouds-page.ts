import type { CloudPromises } from '../clouds/promises.ts'
import { renderDuration } from '../model/duration.ts'
import { longestLifetime } from '../options/runner-options.ts'
import { sentence } from './describe.ts'
import { cell } from './readme.ts'

/** A cloud as the page has it: a column. */
export interface CloudColumn {
  readonly title: string
  /** Where the agent stands, if that is no machine of its own. */
  readonly footing?: string
  readonly promises: CloudPromises
}

type Row = readonly [name: string, of: (column: CloudColumn) => string]

const powerOffs: Readonly<Record<CloudPromises['powerOff'], string>> = {
  ends: 'it is gone, and costs nothing',
  stops: 'it stops; its disk is still paid for',
  useless: '**all of it is still paid for**',
}

const carriers: Readonly<Record<CloudPromises['limits']['carrier'], string>> = {
  'cloud-init': 'user data of cloud-init',
  'startup-script': 'a startup script',
  mounted: 'a Secret that is mounted',
}

const yes = (is: boolean | undefined): string => (is ? 'yes' : '**no**')

const start: readonly Row[] = [
  ['what a launch makes', ({ promises }) => promises.made],
  [
    'a refusal leaves',
    ({ promises: { limits } }) =>
      limits.atomic ? 'nothing' : 'parts at times, which the launch takes back, or else `sweep`',
  ],
  ['when the cloud says “nothing left”', ({ promises }) => promises.empty],
  ['spot machines', ({ promises }) => promises.spot],
  ['jobs in containers, Docker', ({ footing }) => yes(footing !== 'pod')],
  ['its boot is seen live', ({ promises: { limits } }) => yes(limits.console)],
]

const end: readonly Row[] = [
  ['when it powers off', ({ promises }) => powerOffs[promises.powerOff]],
  [
    'when it is idle',
    ({ promises: { ending } }) => ending.own?.allowed ?? 'It powers off or exits, which ends it.',
  ],
  [
    'where it may not do that',
    ({ promises: { ending, without } }) => without?.gap ?? ending.own?.refused ?? 'nothing is needed',
  ],
  ['at the latest, whatever its own program does', ({ promises: { ending } }) => sentence(ending.text)],
  ['its life, where nobody says', ({ promises }) => lifeOf(promises)],
  [
    'the longest `max-lifetime`',
    ({ promises: { limits } }) => renderDuration(Math.min(limits.longestLife ?? Infinity, longestLifetime)),
  ],
  ['notice before the cloud takes it', ({ promises }) => promises.notice],
  ['what the cloud remembers of one that is gone', ({ promises }) => promises.memory],
]

const rest: readonly Row[] = [
  ['price', ({ promises }) => promises.price],
  ['how the launch logs in', ({ promises }) => promises.login],
  ['what the machine needs to end itself', ({ promises }) => promises.identity],
  ['`cloud-permission-set`', ({ promises }) => promises.permissionSet],
  ['its registration is out of its jobs’ reach', ({ promises: { limits } }) => yes(limits.conceals)],
  [
    'what it is sent',
    ({ promises: { limits } }) =>
      `${carriers[limits.carrier]}, up to ${limits.payloadBytes.toLocaleString('en-US')} bytes`,
  ],
]

function lifeOf({ shortLife }: CloudPromises): string {
  return shortLife === undefined
    ? 'the usual `max-lifetime`'
    : `the usual \`max-lifetime\`; ${renderDuration(shortLife)} where only that ends its bill`
}

/** One table: a row for each promise, a column for each cloud. */
export function renderClouds(columns: readonly CloudColumn[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const heading = (text: string): string => line([`**${text}**`, ...columns.map(() => '')])
  const rows = (some: readonly Row[]): readonly string[] =>
    some.map(([name, of]) => line([name, ...columns.map((column) => cell(of(column)))]))
  return [
    line(['', ...columns.map(({ title }) => title)]),
    line(['---', ...columns.map(() => '---')]),
    heading('Start'),
    ...rows(start),
    heading('End'),
    ...rows(end),
    heading('Price, login, limits'),
    ...rows(rest),
  ].join('\n')
}
