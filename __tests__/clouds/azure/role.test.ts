import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'azure-role-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const subscription = '33333333-3333-4333-8333-333333333333'
const group = `/subscriptions/${subscription}/resourceGroups/runners`

/** Writes down what it is asked, and knows what was made. */
const az = `#!/bin/bash
{ printf '%s\\t' "$@"; echo; } >>"$0.calls"
what=
for word; do
  case $word in
    -*) break ;;
    *) what="$what $word" ;;
  esac
done
name=
while [ $# -gt 0 ]; do
  case $1 in
    --name | --display-name) name=$2 ;;
    --role-definition) name=\${2#*\\"Name\\":\\"} name=\${name%%\\"*} ;;
    --parameters) name=\${2#*\\"name\\":\\"} name=\${name%%\\"*} ;;
    --query) query=$2 ;;
    --filter | --id) name=sp ;;
  esac
  shift
done
made() { grep -qxF "$1" "$0.made" 2>/dev/null; }
case $what in
  ' account show') if [ "$query" = id ]; then echo ${subscription}; else echo tenant; fi ;;
  ' role definition list') if made "role $name"; then echo 1; else echo 0; fi ;;
  ' role definition create') echo "role $name" >>"$0.made" ;;
  ' ad app list') if made app; then echo the-client; fi ;;
  ' ad app create') echo app >>"$0.made"; echo the-client ;;
  ' ad sp list') if made sp; then echo the-object; fi ;;
  ' ad sp create') echo sp >>"$0.made"; echo the-object ;;
  ' ad app federated-credential list') if made federation; then echo 1; else echo 0; fi ;;
  ' ad app federated-credential create') echo federation >>"$0.made" ;;
  ' identity create') echo ${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cml-runner-machine ;;
  ' identity show') echo the-principal ;;
esac
`

interface Done {
  /** Words of each call. */
  readonly calls: readonly (readonly string[])[]
  readonly said: string
}

let count = 0
function run(variables: Readonly<Record<string, string>>, times = 1): Done {
  const bin = join(folder, String(count++))
  mkdirSync(bin)
  writeFileSync(join(bin, 'az'), az)
  chmodSync(join(bin, 'az'), 0o755)
  const env = { PATH: `${bin}:${process.env.PATH}`, ...variables }
  let said = ''
  for (let time = 0; time < times; time++) {
    rmSync(join(bin, 'az.calls'), { force: true })
    said = execFileSync('bash', [join(root, 'docs/azure-role.sh')], { env, encoding: 'utf8' })
  }
  const lines = readFileSync(join(bin, 'az.calls'), 'utf8').split('\n').filter(Boolean)
  return { calls: lines.map((line) => line.split('\t').slice(0, -1)), said }
}

const flag = (words: readonly string[], name: string): string => words[words.indexOf(name) + 1] ?? ''
const making = ({ calls }: Done, what: string) => calls.filter((words) => words.join(' ').startsWith(what))

interface Role {
  readonly Name: string
  readonly Actions: readonly string[]
  readonly AssignableScopes: readonly string[]
}
const rolesOf = (done: Done, verb = 'create'): readonly Role[] =>
  making(done, `role definition ${verb}`).map((words) => JSON.parse(flag(words, '--role-definition')) as Role)

const federationOf = (done: Done) =>
  JSON.parse(flag(making(done, 'ad app federated-credential create')[0] ?? [], '--parameters')) as Record<
    string,
    unknown
  >

describe('the script that sets a subscription up', () => {
  const done = run({ REPOSITORY: 'my-org/my-repo' })

  test('makes three roles: two for the group, and one for what is asked of the whole subscription', () => {
    expect(rolesOf(done).map(({ Name, AssignableScopes }) => [Name, ...AssignableScopes])).toEqual([
      ['cml-runner-launcher', group],
      ['cml-runner-reader', `/subscriptions/${subscription}`],
      ['cml-runner-machine', group],
    ])
    for (const { Actions } of rolesOf(done)) expect(Actions.join(' ')).not.toContain('*')
  })

  test('gives on the whole subscription nothing that makes, changes or removes, but the timer', () => {
    const [, reader] = rolesOf(done)
    expect(reader!.Actions.filter((action) => !action.endsWith('/read'))).toEqual([
      'Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action',
    ])
  })

  test('gives each role to the one that it is for, where it is for', () => {
    expect(
      making(done, 'role assignment create').map((words) =>
        ['--assignee-object-id', '--role', '--scope'].map((name) => flag(words, name)),
      ),
    ).toEqual([
      ['the-object', 'cml-runner-launcher', group],
      ['the-object', 'cml-runner-reader', `/subscriptions/${subscription}`],
      ['the-principal', 'cml-runner-machine', group],
    ])
  })

  test('lets jobs of that repository and branch in, and nobody else', () => {
    expect(federationOf(done)).toEqual({
      name: 'github-com-my-org-my-repo-main',
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:my-org/my-repo:ref:refs/heads/main',
      audiences: ['api://AzureADTokenExchange'],
    })
  })

  test('does so for a GitLab', () => {
    const gitlab = run({
      REPOSITORY: 'my-group/sub/project',
      FORGE: 'https://gitlab.example',
      REF: 'release',
    })
    expect(federationOf(gitlab)).toMatchObject({
      issuer: 'https://gitlab.example',
      subject: 'project_path:my-group/sub/project:ref_type:branch:ref:release',
    })
  })

  test('registers the subscription for what a launch orders', () => {
    expect(making(done, 'provider register').map((words) => flag(words, '--namespace'))).toEqual([
      'Microsoft.Compute',
      'Microsoft.Network',
      'Microsoft.ManagedIdentity',
      'Microsoft.ComputeSchedule',
    ])
  })

  test('changes what is there when it is repeated, and makes nothing twice', () => {
    const again = run({ REPOSITORY: 'my-org/my-repo' }, 2)
    expect(rolesOf(again)).toEqual([])
    expect(rolesOf(again, 'update')).toHaveLength(3)
    for (const what of ['ad app create', 'ad sp create', 'ad app federated-credential create'])
      expect(making(again, what)).toEqual([])
  })

  test('prints the values that a workflow needs', () => {
    for (const value of [
      'the-client',
      'tenant',
      subscription,
      'runners',
      '/userAssignedIdentities/cml-runner-machine',
    ])
      expect(done.said).toContain(value)
  })
})
