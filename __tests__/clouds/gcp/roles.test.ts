import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from '@jest/globals'

import { digest } from '../../../src/model/identity.ts'
import { given, pagesRole } from './documented-roles.ts'

const root = join(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/gcp.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'gcp-roles-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes down what it is asked, and knows what was made. */
const gcloud = `#!/bin/bash
{ printf '%s\\t' "$@"; echo; } >>"$0.calls"
shift 3
what=
for word; do
  case $word in
    -*) break ;;
    describe | create | create-oidc) verb=$word ;;
    *) what="$what \${word%%@*}" ;;
  esac
done
case $verb:$* in
  describe:*--format*) echo projects/1/locations/global/workloadIdentityPools/cml-runner ;;
  describe:*) grep -qxF "$what" "$0.made" 2>/dev/null ;;
  create*) echo "$what" >>"$0.made" ;;
esac
`

interface Done {
  /** Words of each call, without the project. */
  readonly calls: readonly (readonly string[])[]
  readonly said: string
}

let count = 0
function run(variables: Readonly<Record<string, string>>, times = 1): Done {
  const bin = join(folder, String(count++))
  execFileSync('mkdir', [bin])
  writeFileSync(join(bin, 'gcloud'), gcloud)
  chmodSync(join(bin, 'gcloud'), 0o755)
  const env = { PATH: `${bin}:${process.env.PATH}`, PROJECT: 'my-project', ...variables }
  let said = ''
  for (let time = 0; time < times; time++) {
    rmSync(join(bin, 'gcloud.calls'), { force: true })
    said = execFileSync('bash', [join(root, 'docs/gcp-role.sh')], { env, encoding: 'utf8' })
  }
  const lines = readFileSync(join(bin, 'gcloud.calls'), 'utf8').split('\n').filter(Boolean)
  const calls = lines.map((line) => line.split('\t').slice(0, -1))
  for (const [project, name, quiet] of calls)
    expect([project, name, quiet]).toEqual(['--project', 'my-project', '--quiet'])
  return { calls: calls.map((words) => words.slice(3)), said }
}

const flag = (words: readonly string[], name: string): string => words[words.indexOf(name) + 1] ?? ''
const making = ({ calls }: Done, what: string) => calls.filter((words) => words.join(' ').startsWith(what))
const permissionsOf = (done: Done, role: string): readonly string[] =>
  flag(making(done, `iam roles create ${role}`)[0] ?? [], '--permissions')
    .split(',')
    .sort()

/** Permissions of a block or a table of the page. */
const inBlock = (after: string): readonly string[] =>
  (new RegExp(`${after}[^]*?\`\`\`\n([^]*?)\`\`\``).exec(page)?.[1] ?? '').trim().split('\n')
const inTable = (after: string): readonly string[] => {
  const [, table = ''] = new RegExp(`${after}[^]*?\n((?:\\|.*\n)+)`).exec(page) ?? []
  return [...table.matchAll(/^\| (?<names>[^|]*) \|/gm)].flatMap(
    ({ groups }) => groups!.names!.match(/compute\.\w+\.\w+/g) ?? [],
  )
}

describe('the script that sets a project up', () => {
  const done = run({ REPOSITORY: 'my-org/My-Repo' })

  test('gives the launching account what the page says that launches need', () => {
    const needed = inBlock('A launch needs these, in the project:')
    const better = inTable('Optional: where one of these')
    const some = ['compute.instances.setServiceAccount', 'compute.disks.setLabels']
    expect(needed.length).toBeGreaterThan(8)
    expect(better).toHaveLength(7)
    expect(permissionsOf(done, 'cmlRunnerLauncher')).toEqual([...needed, ...better, ...some].sort())
  })

  test('has no more than the page’s lines make of a role that came from CML’s', () => {
    const named = (change: string): readonly string[] =>
      [...page.matchAll(new RegExp(`update myCmlRole .*--${change}-permissions (\\S+)$`, 'gm'))]
        .flatMap(([, list = '']) => list.split(','))
        .sort()
    expect(named('add')).toEqual(given('launcher').filter((name) => !pagesRole.includes(name)))
    const used = [...given('launcher'), 'iam.serviceAccounts.actAs']
    expect(named('remove')).toEqual(pagesRole.filter((name) => !used.includes(name)))
  })

  test('gives the one that sweeps what the page says', () => {
    const [, sentence = ''] = /^`stop`, `sweep` and `list` need (.*)$/m.exec(page) ?? []
    expect(permissionsOf(done, 'cmlRunnerSweeper')).toEqual(
      [...sentence.matchAll(/`(compute\.[^`]+)`/g)].map(([, name]) => name).sort(),
    )
  })

  test('lets a machine see and delete machines of its own repository, and nothing else', () => {
    expect(permissionsOf(done, 'cmlRunnerMachine')).toEqual([
      'compute.instances.delete',
      'compute.instances.get',
    ])
    const [binding = []] = done.calls.filter(
      (words) => flag(words, '--role').endsWith('/cmlRunnerMachine') && words[0] === 'projects',
    )
    const letters = digest(['github.com/my-org/my-repo']).slice(0, 6)
    expect(flag(binding, '--condition')).toContain(`.startsWith('cml-${letters}-')`)
    expect(flag(binding, '--member')).toBe(
      'serviceAccount:cml-runner-machine@my-project.iam.gserviceaccount.com',
    )
  })

  test('lets the launching account act as the machine’s, and as no other', () => {
    const acting = done.calls.filter((words) => flag(words, '--role') === 'roles/iam.serviceAccountUser')
    expect(acting.map((words) => [words[3], flag(words, '--member')])).toEqual([
      [
        'cml-runner-machine@my-project.iam.gserviceaccount.com',
        'serviceAccount:cml-runner@my-project.iam.gserviceaccount.com',
      ],
    ])
  })

  test('lets jobs of that repository and branch in, and nobody else', () => {
    const [provider = []] = making(done, 'iam workload-identity-pools providers create-oidc ci')
    expect(flag(provider, '--issuer-uri')).toBe('https://token.actions.githubusercontent.com')
    expect(flag(provider, '--attribute-condition')).toBe(
      "assertion.repository == 'my-org/My-Repo' && assertion.ref == 'refs/heads/main'",
    )
    expect(flag(provider, '--attribute-mapping')).toBe(
      'google.subject=assertion.sub,attribute.repository=assertion.repository',
    )
    expect(provider).not.toContain('--allowed-audiences')
    const members = done.calls
      .filter((words) => flag(words, '--role') === 'roles/iam.workloadIdentityUser')
      .map((words) => flag(words, '--member'))
    expect(new Set(members)).toEqual(
      new Set([
        'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/cml-runner/attribute.repository/my-org/My-Repo',
      ]),
    )
    expect(members).toHaveLength(2)
  })

  test('does so for a GitLab', () => {
    const gitlab = run({
      REPOSITORY: 'my-group/sub/project',
      FORGE: 'https://gitlab.example',
      REF: 'release',
    })
    const [provider = []] = making(gitlab, 'iam workload-identity-pools providers create-oidc ci')
    expect(flag(provider, '--issuer-uri')).toBe('https://gitlab.example')
    expect(flag(provider, '--allowed-audiences')).toBe('https://gitlab.example')
    expect(flag(provider, '--attribute-condition')).toBe(
      "assertion.project_path == 'my-group/sub/project' && assertion.ref == 'release'",
    )
    const letters = digest(['gitlab.example/my-group/sub/project']).slice(0, 6)
    expect(gitlab.calls.flat().join('\n')).toContain(`'cml-${letters}-'`)
  })

  test('changes what is there when it is repeated, and makes nothing twice', () => {
    const again = run({ REPOSITORY: 'my-org/my-repo' }, 2)
    expect(again.calls.filter((words) => words.includes('create') || words.includes('create-oidc'))).toEqual(
      [],
    )
    expect(making(again, 'iam roles update')).toHaveLength(3)
    expect(making(again, 'iam workload-identity-pools providers update-oidc ci')).toHaveLength(1)
  })

  test('prints the names that a workflow needs', () => {
    expect(done.said).toContain('projects/1/locations/global/workloadIdentityPools/cml-runner/providers/ci')
    expect(done.said).toContain('cml-runner@my-project.iam.gserviceaccount.com')
  })
})
