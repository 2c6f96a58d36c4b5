import { describe, expect } from '@jest/globals'
import type { Policy } from '../../../emulators/ec2/policy.ts'
import type { AnyScene } from '../../../emulators/scene.ts'
import { gitlabStory } from '../../../scenarios/gitlab-story.ts'
import { story } from '../../../scenarios/story.ts'
import { ec2Of } from '../../../sides/aws.ts'
import { forScope, launching, machineRole, optional, profile, someLaunches } from '../documented-policies.ts'

const inputs = { 'cloud-spot': 'true', 'cloud-permission-set': profile.arn }

const scopeAt = (url: string, path: string): string => `${new URL(url).host}/${path}`

const documentedRole = (scope: string): readonly Policy[] =>
  machineRole(forScope([launching, optional, someLaunches], scope))

/** The role without one action; a statement that has no other goes whole. */
function without(roles: readonly Policy[], action: string): readonly Policy[] {
  return roles.map((policy) => ({
    ...policy,
    Statement: policy.Statement.flatMap((statement) => {
      const left = [statement.Action].flat().filter((one) => one !== action)
      return left.length === 0 ? [] : [{ ...statement, Action: left }]
    }),
  }))
}

/** Lines of the verdict `bad`, without their findings. */
const badIn = (log: string): readonly string[] =>
  [...log.matchAll(/^BAD +(?<of>\S+): (?<what>[^:]+(?::\w+)?[^:]*):/gm)].map(({ groups }) => groups!.what!)

/** What was asked, save what EC2 was asked to try. */
function changesAt(scene: AnyScene): readonly string[] {
  return ec2Of(scene)
    .journal.filter(({ action, code }) => !/^(Describe|Get)/.test(action) && code !== 'DryRunOperation')
    .map(({ action, code }) => `${action} ${code ?? ''}`)
}

const withTheRole = 'with exactly the documented role nothing is bad, and nothing is made'
const oneByOne = 'each permission that is taken away is named, with what to do'

const taken: Readonly<Record<string, RegExp>> = {
  'ec2:RunInstances': /^BAD +aws: ec2:RunInstances: .* → /m,
  'ec2:CreateTags': /^BAD +aws: ec2:CreateTags \(.* → /m,
  'ec2:DescribeInstances': /^BAD +aws: ec2:DescribeInstances: .* → /m,
  'ec2:DescribeImages': /^BAD +aws: ec2:DescribeImages: .* → /m,
  'iam:PassRole': /^BAD +aws: iam:PassRole \(.* → /m,
  'servicequotas:GetServiceQuota':
    /^unknown aws: quota for .* → look: aws service-quotas .*servicequotas:GetServiceQuota/m,
  'ec2:GetConsoleOutput': /^unknown aws: ec2:GetConsoleOutput \(optional\)/m,
}

describe('doctor at EC2 and GitHub', () => {
  story(withTheRole, async (stage) => {
    const scope = scopeAt(stage.github.url, 'octo-org/octo-repo')
    ec2Of(stage).dials.policies = documentedRole(scope)
    const { main, outputs } = await stage.launch({ ...inputs, command: 'doctor' })
    expect([main.exitCode, badIn(main.log)]).toEqual([0, []])
    expect(main.log).toMatch(/^good +aws: ec2:RunInstances$/m)
    expect(main.log).toMatch(/^good +aws: price of .* at most \$[\d.]+ within max-lifetime$/m)
    expect(main.log).toMatch(/^good +aws: quota for spot .* takes \d+ vCPUs, and the limit is \d+$/m)
    expect([changesAt(stage), outputs]).toEqual([[], {}])
  })

  story(oneByOne, async (stage) => {
    const scope = scopeAt(stage.github.url, 'octo-org/octo-repo')
    for (const [action, line] of Object.entries(taken)) {
      ec2Of(stage).dials.policies = without(documentedRole(scope), action)
      const { main } = await stage.launch({ ...inputs, command: 'doctor' })
      expect(main.log).toMatch(line)
      expect([action, main.exitCode]).toEqual([action, line.source.startsWith('^BAD') ? 1 : 0])
    }
    expect(stage.cloud.machines).toEqual([])
  })
})

describe('doctor at EC2 and GitLab', () => {
  gitlabStory(withTheRole, async (stage) => {
    const scope = scopeAt(stage.gitlab.url, 'octo-group/octo-project')
    ec2Of(stage).dials.policies = documentedRole(scope)
    const { script, status } = await stage.run('doctor', inputs)
    expect([status, badIn(script.log)]).toEqual(['success', []])
    expect(script.log).toMatch(/^good +aws: ec2:RunInstances$/m)
    expect(changesAt(stage)).toEqual([])
  })

  gitlabStory(oneByOne, async (stage) => {
    const scope = scopeAt(stage.gitlab.url, 'octo-group/octo-project')
    for (const [action, line] of Object.entries(taken)) {
      ec2Of(stage).dials.policies = without(documentedRole(scope), action)
      const { script, status } = await stage.run('doctor', inputs)
      expect(script.log).toMatch(line)
      expect([action, status]).toEqual([action, line.source.startsWith('^BAD') ? 'failed' : 'success'])
    }
    expect(stage.cloud.machines).toEqual([])
  })
})
