import type { MachineKey } from '../../model/place.ts'
import { machinePath } from './arm.ts'
import { isAlone, whereOf } from './names.ts'

/** The machine in the portal. */
export function machinePage(machine: MachineKey, subscription: string | undefined): string | undefined {
  const where = whereOf(machine)
  return where && subscription
    ? `https://portal.azure.com/#@/resource${machinePath(subscription, where)}/overview`
    : undefined
}

export function removalCommand(machine: MachineKey, subscription: string | undefined): string {
  const where = whereOf(machine)
  const account = subscription ? [`--subscription ${subscription}`] : []
  if (where && isAlone(where)) return [`az group delete --yes --name ${where.group}`, ...account].join(' ')
  const { group, name } = where ?? { group: undefined, name: machine.id }
  return [
    `az vm delete --yes --force-deletion true --name ${name}`,
    ...(group ? [`--resource-group ${group}`] : []),
    ...account,
  ].join(' ')
}
