import { describe, expect, test } from '@jest/globals'
import { clouds } from '../../src/clouds/registry.ts'
import { compose } from '../../src/entry/compose.ts'
import { leaseOf } from '../../src/entry/launch-order.ts'
import { leftLines } from '../../src/entry/left.ts'
import { terminalHost } from '../../src/hosts/terminal.ts'
import { leave, type Trail } from '../../src/removal/trail.ts'

const [one, other] = clouds
const enough = { cloud: one.name, repo: 'https://github.com/org/repo' }

async function told(
  given: Readonly<Record<string, string>>,
  {
    variables = {},
    trail = { creating: true },
  }: { variables?: Record<string, string>; trail?: Partial<Trail> },
): Promise<readonly string[]> {
  const host = terminalHost(variables)
  host.log.level = 'error'
  const raw = { given: { ...enough, ...given }, variables, words: [], problems: [], prefix: '--' } as const
  const composition = await compose(host, raw)
  leave(host, trail)
  const lease = { ...leaseOf(composition), identity: 'a'.repeat(20), name: given.name ?? 'cml-it' }
  return leftLines(lease, composition.ports.clouds.placesOf([]), composition)
}

const last = async (...asked: Parameters<typeof told>): Promise<string> => (await told(...asked)).at(-1) ?? ''

describe('what a launch may have left that was cut short', () => {
  const token = 'ghp_0123456789'

  test('is removed by a line with all that a stop needs of what was given, on several clouds too', async () => {
    const line = await last(
      {
        ...{ token, cloud: `${one.name},${other.name}`, 'cloud-region': 'us-west\nus-east', labels: 'a' },
        ...{ 'cloud-type': 'm', repo: 'https://me:hunter2hunter2@github.com/org/repo?key=a@b' },
      },
      {},
    )
    expect(line).toBe(
      `Remove what is left with: cml-runner stop --repo https://github.com/org/repo --token "$CML_RUNNER_TOKEN" --cloud ${one.name},${other.name} --cloud-region us-west,us-east --name cml-it`,
    )
  })

  test('is removed with the variables that were there, a secret among them, where it was looked for, and in quotes of a shell', async () => {
    const variables = { REPO_TOKEN: token, CML_RUNNER_DRIVER: 'github' }
    const lines = await told({ name: "--a 'b' $c" }, { variables })
    const [, region] = / Look in \S+ (\S+) for /.exec(lines[0] ?? '') ?? []
    expect(lines.at(-1)).toBe(
      `Remove what is left, and every other launch of that name, with: cml-runner stop --driver github --repo https://github.com/org/repo --cloud ${one.name} --cloud-region ${region} --name='--a '\\''b'\\'' $c'`,
    )
  })

  test('is removed without what only a stop heeds, and with nothing that zsh would take for the path of a command', async () => {
    const line = await last({ token, name: '=ls', 'instance-id': 'i-1' }, {})
    expect(line).toMatch(
      /cml-runner stop --repo \S+ --token \S+ --cloud \S+ --cloud-region \S+ --name '=ls'$/,
    )
  })

  test('is looked for everywhere where several clouds would take a region of another for their own', async () => {
    expect(await last({ token, cloud: `${one.name},${other.name}` }, {})).not.toContain('--cloud-region')
  })

  test('is nothing before anything is made, and nothing of a machine that is handed over or removed', async () => {
    for (const trail of [{}, { creating: true, handedOver: true }, { creating: true, removed: true }])
      expect(await told({ token }, { trail })).toEqual([])
  })
})
