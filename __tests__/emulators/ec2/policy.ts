import type { Machine } from './machines.ts'
import type { Shape } from './schema.ts'
import { list, record, text } from './world.ts'

/** An IAM policy, as far as the documented ones go; what goes further is refused, not ignored. */
export interface Policy {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow'
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** One right that a request needs: an action, on a resource (an ARN, or `*`), with what conditions may ask about. */
export interface Permission {
  readonly action: string
  readonly resource: string
  /** Condition keys in lower case: IAM does not tell cases of keys apart, and does of values. */
  readonly context: Readonly<Record<string, string>>
}

const account = '111122223333'

/**
 * The rights that a request needs. An action on several resources needs each of them, and tags in the creating call need `CreateTags` besides.
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2". Which role a profile holds is taken
 * from its name.
 */
export function permissionsOf(
  action: string,
  region: string,
  input: Shape,
  machineOf: (id: string) => Machine | undefined,
): readonly Permission[] {
  const arn = (kind: string, id = '*', owner = account) => `arn:aws:ec2:${region}:${owner}:${kind}/${id}`
  const onMachine = (id: string): Permission => ({
    action: `ec2:${action}`,
    resource: arn('instance', id),
    context: tagContext('aws:resourcetag', machineOf(id)?.order.tags ?? {}),
  })
  if (action === 'TerminateInstances') return list(input, 'InstanceIds').map(String).map(onMachine)
  if (action === 'GetConsoleOutput') return [onMachine(text(input, 'InstanceId') ?? '')]
  if (action !== 'RunInstances') return [{ action: `ec2:${action}`, resource: '*', context: {} }]
  return runPermissions(input, arn)
}

function runPermissions(
  input: Shape,
  arn: (kind: string, id?: string, owner?: string) => string,
): readonly Permission[] {
  const tags = new Map(
    list(input, 'TagSpecifications').map((item) => {
      const { ResourceType: kind, Tags = [] } = item as {
        ResourceType: string
        Tags?: readonly { Key: string; Value: string }[]
      }
      return [kind, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))] as const
    }),
  )
  const spot = input.InstanceMarketOptions === undefined ? [] : ['spot-instances-request']
  const interfaces = list(input, 'NetworkInterfaces') as readonly Shape[]
  const subnet = text(input, 'SubnetId') ?? interfaces.map((one) => text(one, 'SubnetId')).find(Boolean)
  const groups = [
    ...list(input, 'SecurityGroupIds'),
    ...interfaces.flatMap((one) => list(one, 'Groups')),
  ].map(String)
  const run = (resource: string, kind = ''): Permission => ({
    action: 'ec2:RunInstances',
    resource,
    context: tagContext('aws:requesttag', tags.get(kind) ?? {}),
  })
  const profile = text(record(input, 'IamInstanceProfile'), 'Arn')
  return [
    run(arn('image', text(input, 'ImageId'), '')),
    run(arn('subnet', subnet ?? 'subnet-default')),
    ...(groups.length > 0 ? groups : ['sg-default']).map((id) => run(arn('security-group', id))),
    ...['instance', 'volume', 'network-interface', ...spot].map((kind) => run(arn(kind), kind)),
    ...[...tags].map(([kind, values]) => ({
      action: 'ec2:CreateTags',
      resource: arn(kind),
      context: { 'ec2:createaction': 'RunInstances', ...tagContext('aws:requesttag', values) },
    })),
    ...(profile
      ? [
          {
            action: 'iam:PassRole',
            resource: profile.replace(':instance-profile/', ':role/'),
            context: { 'iam:passedtoservice': 'ec2.amazonaws.com' },
          },
        ]
      : []),
  ]
}

function tagContext(key: string, tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [`${key}/${name.toLowerCase()}`, value]),
  )
}

/** Does one of the policies allow it? What none allows is denied. */
export function isAllowed(policies: readonly Policy[], permission: Permission): boolean {
  return policies.some(({ Statement: statements }) => statements.some((one) => allows(one, permission)))
}

const statementKeys = new Set(['Sid', 'Effect', 'Action', 'Resource', 'NotResource', 'Condition'])

function allows(statement: Statement, { action, resource, context }: Permission): boolean {
  const foreign = Object.keys(statement).filter((key) => !statementKeys.has(key))
  if (foreign.length > 0 || statement.Effect !== 'Allow')
    throw new Error(`This emulator does not know such a statement: ${JSON.stringify(statement)}`)
  const { Action, Resource, NotResource, Condition = {} } = statement
  const actions = many(Action).map((pattern) => pattern.toLowerCase())
  const onIt =
    Resource === undefined
      ? !many(NotResource ?? []).some((pattern) => fits(pattern, resource))
      : many(Resource).some((pattern) => fits(pattern, resource))
  return (
    actions.some((pattern) => fits(pattern, action.toLowerCase())) &&
    onIt &&
    Object.entries(Condition).every(([operator, wanted]) => holds(operator, wanted, context))
  )
}

function holds(
  operator: string,
  wanted: Readonly<Record<string, string | readonly string[]>>,
  context: Readonly<Record<string, string>>,
): boolean {
  if (operator !== 'StringEquals' && operator !== 'StringLike')
    throw new Error(`This emulator does not know the condition operator ${operator}`)
  return Object.entries(wanted).every(([key, values]) => {
    const found = context[key.toLowerCase()]
    if (found === undefined) return false
    return many(values).some((value) => (operator === 'StringLike' ? fits(value, found) : value === found))
  })
}

const many = (one: string | readonly string[]): readonly string[] => (typeof one === 'string' ? [one] : one)

/** IAM's wildcards: `*` and `?`. */
function fits(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(text)
}
