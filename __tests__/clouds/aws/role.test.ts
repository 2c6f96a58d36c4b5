import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Policy {
  readonly Statement: readonly { readonly Sid?: string; readonly Action: string | readonly string[] }[]
}

interface Role {
  readonly Properties: {
    readonly AssumeRolePolicyDocument: Policy
    readonly Policies: readonly { readonly PolicyName: string; readonly PolicyDocument: Policy }[]
  }
}

const scope = 'github.com/my-org/my-repo'
const subject = 'repo:my-org/my-repo:ref:refs/heads/main'

/** The template as CloudFormation fills it in with the documented parameters. */
const template = JSON.parse(
  JSON.stringify(JSON.parse(read('docs/aws-role.json')))
    .replaceAll('{"Ref":"Scope"}', JSON.stringify(scope))
    .replaceAll('{"Fn::If":["OwnSweeper",{"Ref":"SweepSubject"},{"Ref":"Subject"}]}', '{"Ref":"Subject"}')
    .replaceAll('{"Ref":"Subject"}', JSON.stringify([subject]))
    .replaceAll('"arn:${AWS::Partition}:iam::${AWS::AccountId}:', '"arn:aws:iam::111122223333:')
    .replaceAll(/\{"Fn::Sub":("arn:[^"]*")\}/g, '$1'),
) as { readonly Resources: Readonly<Record<'Launcher' | 'Sweeper', Role>> }

const policyOf = (role: 'Launcher' | 'Sweeper', name: string): Policy | undefined =>
  template.Resources[role].Properties.Policies.find(({ PolicyName }) => PolicyName === name)?.PolicyDocument

const policiesIn = (page: string): readonly Policy[] =>
  [...read(page).matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text = '']) => JSON.parse(text) as Policy)

const withSid = (page: string, sid: string): Policy | undefined =>
  policiesIn(page).find(({ Statement }) => Statement.some(({ Sid }) => Sid === sid))

describe('the template that makes the roles', () => {
  test('gives the launching role the documented policy', () => {
    expect(policyOf('Launcher', 'launch')).toEqual(withSid('docs/aws.md', 'LaunchOnlyTaggedMachines'))
  })

  test('and every read that the page calls optional', () => {
    const rows = [...read('docs/aws.md').matchAll(/^\|(?<actions>(?: `\w+:\w+`,?)+) \|/gm)]
    const actions = rows.flatMap(({ groups }) => groups!.actions!.match(/\w+:\w+/g) ?? [])
    expect(policyOf('Launcher', 'better')?.Statement[0]?.Action).toEqual(actions)
    expect(actions.length).toBeGreaterThan(5)
  })

  test('gives the role that sweeps the documented policy', () => {
    expect(policyOf('Sweeper', 'sweep')).toEqual(withSid('docs/stop-sweep-list.md', 'EndOwnMachines'))
  })

  test.each(['Launcher', 'Sweeper'] as const)('lets only the named workflows assume %s', (role) => {
    const documented = policiesIn('docs/aws.md')[0]!
    const text = JSON.stringify(documented).replace(
      /"token\.actions\.githubusercontent\.com:sub":\[[^\]]*\]/,
      `"token.actions.githubusercontent.com:sub":[${JSON.stringify(subject)}]`,
    )
    expect(template.Resources[role].Properties.AssumeRolePolicyDocument).toEqual(JSON.parse(text))
  })
})

describe('the template for GitLab', () => {
  const file = JSON.parse(read('docs/aws-role-gitlab.json')) as object

  test('is that for GitHub, but for who assumes the roles and what people read', () => {
    const without = (text: string): unknown =>
      JSON.parse(text, (key, value: unknown) => (key === 'Description' ? undefined : value))
    const expected = read('docs/aws-role.json')
      .replace('"ClientIdList": ["sts.amazonaws.com"]', '"ClientIdList": ["https://gitlab.com"]')
      .replaceAll(':aud": "sts.amazonaws.com"', ':aud": "https://gitlab.com"')
      .replaceAll('token.actions.githubusercontent.com', 'gitlab.com')
      .replace('"GithubActions"', '"Gitlab"')
    expect(without(JSON.stringify(file))).toEqual(without(expected))
  })

  test('lets those assume them that the page names', () => {
    const documented = policiesIn('docs/gitlab.md')[0]!
    const subject = 'project_path:my-group/my-project:ref_type:branch:ref:main'
    const { Launcher } = (file as typeof template).Resources
    const text = JSON.stringify(Launcher.Properties.AssumeRolePolicyDocument)
      .replace('{"Ref":"Subject"}', JSON.stringify(subject))
      .replace(/\{"Fn::Sub":"[^"]*(oidc-provider[^"]*)"\}/, '"arn:aws:iam::111122223333:$1"')
    expect(JSON.parse(text)).toEqual(documented)
  })
})
