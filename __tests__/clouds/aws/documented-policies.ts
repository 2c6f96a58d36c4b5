import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Policy } from '../../emulators/ec2/policy.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Placeholders of the pages. */
export const documented = { scope: 'github.com/my-org/my-repo', role: 'role-of-the-machine' }

/** The policies of a page, in order. Trust policies, which allow a stranger something, are none. */
export function policiesIn(page: string): readonly Policy[] {
  return [...read(page).matchAll(/^```json\n([^]*?)^```$/gm)]
    .map(([, text = '']) => JSON.parse(text) as Policy & { readonly Statement: readonly object[] })
    .filter(({ Statement }) => Statement.some((one) => 'Resource' in one))
}

/** What every launch needs, and what only some do. */
export const [launching, someLaunches] = policiesIn('docs/aws.md') as [Policy, Policy]

/** What the table of that page calls optional, as a reader would add it. */
export const optional: Policy = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: [...read('docs/aws.md').matchAll(/^\|(?<actions>(?: `\w+:\w+`,?)+) \|/gm)].flatMap(
        ({ groups }) => [...groups!.actions!.matchAll(/\w+:\w+/g)].map(([action]) => action),
      ),
      Resource: '*',
    },
  ],
}

/** The same policies, for another repository than the pages' example. */
export const forScope = (policies: readonly Policy[], scope: string): readonly Policy[] =>
  JSON.parse(JSON.stringify(policies).replaceAll(documented.scope, scope)) as readonly Policy[]

/** The machine's role as the emulated account has it. */
export const profile = {
  arn: 'arn:aws:iam::111122223333:instance-profile/training',
  role: 'arn:aws:iam::111122223333:role/training',
}

/** … and as the pages' policies name it. */
export const machineRole = (policies: readonly Policy[]): readonly Policy[] =>
  JSON.parse(
    JSON.stringify(policies).replace(/arn:aws:iam::\d+:role\/role-of-the-machine/, profile.role),
  ) as readonly Policy[]
