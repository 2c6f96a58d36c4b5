import { quote } from '../../options/problem.ts'

const pattern =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[A-Za-z0-9][\w-]{2,127}$/i

/** Ids of user-assigned identities, as CML took them: separated by commas. */
export function parseIdentities(word: string | undefined, problems: Set<string>): readonly string[] {
  const ids = (word ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean)
  for (const id of ids)
    if (!pattern.test(id))
      problems.add(
        `cloud-permission-set: ${quote(id, 120)} is not the id of a user-assigned identity; valid: /subscriptions/…/resourceGroups/GROUP/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME.`,
      )
  return ids
}
