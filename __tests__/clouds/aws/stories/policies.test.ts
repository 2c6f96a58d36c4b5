import { describe, expect, test } from '@jest/globals'
import { isAllowed, type Permission, type Policy } from '../../../emulators/ec2/policy.ts'
import {
  documented,
  forScope,
  launching,
  machineRole,
  optional,
  policiesIn,
  profile,
  someLaunches,
} from '../documented-policies.ts'
import { story, type Stage } from './story.ts'

const [stopping] = policiesIn('docs/stop-sweep-list.md') as [Policy]

const scopeOf = ({ github }: Pick<Stage, 'github'>): string =>
  `${new URL(github.url).host}/octo-org/octo-repo`

/** What this project's requests asked for, allowed or not. */
const askedOf = ({ ec2 }: Pick<Stage, 'ec2'>): readonly Permission[] =>
  ec2.journal.flatMap(({ permissions = [] }) => permissions)

const denials = ({ ec2 }: Pick<Stage, 'ec2'>): readonly string[] =>
  ec2.journal.filter(({ code }) => code === 'UnauthorizedOperation').map(({ action }) => action)

/** Statements without which something that was asked for would have been denied. */
function usedOf(policies: readonly Policy[], asked: readonly Permission[]): readonly string[] {
  return policies.flatMap(({ Version, Statement }) =>
    Statement.filter((one) => {
      const without = policies.map((policy) => ({
        Version,
        Statement: policy.Statement.filter((other) => other !== one),
      }))
      return asked.some((permission) => !isAllowed(without, permission))
    }).map(({ Sid = '' }) => Sid),
  )
}

const sidsOf = ({ Statement }: Policy): readonly string[] => Statement.map(({ Sid = '' }) => Sid)

describe('the documented policies', () => {
  story('are enough for a launch of their repository, and each statement is needed', async (stage) => {
    const policies = forScope([launching, optional], scopeOf(stage))
    stage.ec2.dials.policies = policies
    const { main, post } = await stage.launch({ 'cloud-spot': 'true' })
    expect([main.exitCode, post?.exitCode, denials(stage)]).toEqual([0, 0, []])
    const stopped = await stage.launch(
      { name: 'late' },
      { cancelWhen: (line) => line.startsWith('Created ') },
    )
    expect([stopped.post?.exitCode, denials(stage)]).toEqual([0, []])
    expect(usedOf(forScope([launching], scopeOf(stage)), askedOf(stage).filter(isNeeded))).toEqual(
      sidsOf(launching),
    )
    await stage.shutDown()
  })

  story('a machine with a role needs the right to pass it', async (stage) => {
    stage.ec2.dials.policies = forScope([launching, optional], scopeOf(stage))
    const inputs = { 'cloud-permission-set': profile.arn }
    const { main } = await stage.launch(inputs)
    expect([main.exitCode, denials(stage)]).toEqual([1, ['RunInstances']])
    expect(main.log).toContain('iam:PassRole')
    stage.ec2.dials.policies = machineRole(forScope([launching, optional, someLaunches], scopeOf(stage)))
    expect((await stage.launch(inputs)).main.exitCode).toBe(0)
    await stage.shutDown()
  })

  story('of one repository launch nothing for another', async (stage) => {
    const policies = forScope([launching, optional], 'github.com/somebody/else')
    stage.ec2.dials.policies = policies
    const { main, post } = await stage.launch()
    expect([main.exitCode, post?.exitCode, denials(stage)]).toEqual([1, 0, ['RunInstances']])
    expect(main.log).toContain('lack ec2:RunInstances')
    expect(stage.ec2.machines).toEqual([])
  })

  story('stop, sweep and list do with theirs, and each statement is needed', async (stage) => {
    const policies = forScope([stopping], scopeOf(stage))
    const where = [
      '--cloud=aws',
      `--repo=${stage.github.url}/octo-org/octo-repo`,
      `--token=${stage.github.token()}`,
    ]
    const env = { GITHUB_API_URL: stage.github.apiUrl, GITHUB_SERVER_URL: stage.github.url }
    expect((await stage.launch({ name: 'train' })).main.exitCode).toBe(0)
    const before = stage.ec2.journal.length
    stage.ec2.dials.policies = policies
    for (const words of [['list'], ['sweep'], ['stop', '--name', 'train']])
      expect(await stage.command([...words, ...where], { env })).toMatchObject({ code: 0 })
    expect(stage.ec2.machine(stage.ec2.machines[0]!.id).state).toMatch(/shutting-down|terminated/)
    expect(denials(stage).filter((action) => action !== 'GetConsoleOutput')).toEqual([])
    const asked = stage.ec2.journal.slice(before).flatMap(({ permissions = [] }) => permissions)
    expect(usedOf(policies, asked)).toEqual(sidsOf(stopping))
  })

  story('of one repository end nothing of another, whatever its request says', async (stage) => {
    const { main } = await stage.launch()
    expect(main.exitCode).toBe(0)
    const theirs = forScope([launching, optional, stopping], 'github.com/somebody/else')
    const launched = askedOf(stage)
    await stage.shutDown()
    const ended = stage.ec2.machines.map(({ id }) => id)
    expect(ended).toHaveLength(1)
    const allowed = launched.filter((permission) => isAllowed(theirs, permission))
    const refused = launched.filter((permission) => !isAllowed(theirs, permission))
    // Reading is the account's, and what a machine is made of; the machine itself is not.
    expect(new Set(refused.map(({ action, resource }) => `${action} ${resource.split(':').at(-1)}`))).toEqual(
      new Set(['ec2:RunInstances instance/*']),
    )
    expect(allowed.length).toBeGreaterThan(0)
  })
})

/** `Describe…` of the optional table has its own policy. */
const isNeeded = ({ action }: Permission): boolean =>
  !optional.Statement.some(({ Action }) => Action.includes(action))

describe('a machine of another repository', () => {
  test('is out of reach of the documented right to end machines', () => {
    const tags = (scope: string) => ({ 'managed-by': 'cml-runner', 'cml-runner-scope': scope })
    const right = (scope: string): Permission => ({
      action: 'ec2:TerminateInstances',
      resource: 'arn:aws:ec2:us-west-1:111122223333:instance/i-0123456789abcdef0',
      context: Object.fromEntries(
        Object.entries(tags(scope)).map(([key, value]) => [`aws:resourcetag/${key}`, value]),
      ),
    })
    for (const policy of [launching, stopping]) {
      expect(isAllowed([policy], right(documented.scope))).toBe(true)
      for (const scope of ['github.com/my-org/other', 'github.com/my-org', 'github.com/My-Org/my-repo', ''])
        expect(isAllowed([policy], right(scope))).toBe(false)
    }
  })
})
