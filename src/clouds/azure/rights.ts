import type { Call } from '../../lib/sending.ts'
import { groupPath, versions, type Arm } from './arm.ts'
import { isGone, isOptionalFailure } from './failures.ts'

/** What the roles of the caller come to at a scope, one entry for each. */
export interface Role {
  readonly actions?: readonly string[]
  readonly notActions?: readonly string[]
}

/** https://learn.microsoft.com/rest/api/authorization/permissions: whoever may read there hears what he may. */
export async function rolesAt(arm: Arm, scope: string, call: Call): Promise<readonly Role[]> {
  const path = `${scope}/providers/Microsoft.Authorization/permissions?api-version=${versions.authorization}`
  const { body } = await arm.send({ method: 'GET', path }, call)
  return ((body ?? {}) as { readonly value?: readonly Role[] }).value ?? []
}

/** What one role takes out, another may give. */
export function allows(roles: readonly Role[], action: string): boolean {
  return roles.some(
    ({ actions = [], notActions = [] }) =>
      actions.some((pattern) => covers(pattern, action)) &&
      !notActions.some((pattern) => covers(pattern, action)),
  )
}

function covers(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action)
}

/** May machines be made in the group? Undefined where nobody says. */
export async function mayWrite(
  { arm, signal }: { readonly arm: Arm; readonly signal?: AbortSignal | undefined },
  group: string,
): Promise<boolean | undefined> {
  const call = { tried: `learn what these credentials may do in group ${group}`, signal, attempts: 2 }
  try {
    const roles = await rolesAt(arm, groupPath(await arm.subscription(), group), call)
    return allows(roles, 'Microsoft.Compute/virtualMachines/write')
  } catch (error) {
    if (isOptionalFailure(error) || isGone(error)) return undefined
    throw error
  }
}
