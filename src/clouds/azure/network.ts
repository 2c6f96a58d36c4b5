import { quote } from '../../options/problem.ts'
import type { MachineRequest } from '../cloud.ts'

/** A subnet as the user names it. */
export interface SubnetWord {
  readonly word: string
  /** Undefined = that of the machines. */
  readonly subscription?: string
  readonly group: string
  readonly network: string
  readonly name: string
}

const idPattern =
  /^\/subscriptions\/([0-9a-f-]{36})\/resourceGroups\/([\w.()-]{1,90})\/providers\/Microsoft\.Network\/virtualNetworks\/([\w.-]{2,64})\/subnets\/([\w.-]{1,80})$/i
const shortPattern = /^([\w.()-]{1,90})\/([\w.-]{2,64})\/([\w.-]{1,80})$/
const groupPattern = /^[\w.()-]{0,89}[\w()-]$/

export function parseSubnets(words: readonly string[], problems: Set<string>): SubnetWord[] {
  return words.flatMap((word) => {
    const whole = idPattern.exec(word)
    if (whole)
      return [{ word, subscription: whole[1]!, group: whole[2]!, network: whole[3]!, name: whole[4]! }]
    const short = shortPattern.exec(word)
    if (short) return [{ word, group: short[1]!, network: short[2]!, name: short[3]! }]
    problems.add(
      `cloud-azure-subnet: ${quote(word, 120)} is not a subnet; valid: GROUP/NETWORK/SUBNET or /subscriptions/…/virtualNetworks/NETWORK/subnets/SUBNET.`,
    )
    return []
  })
}

export function checkGroup(group: string | undefined, problems: Set<string>): void {
  if (group !== undefined && !groupPattern.test(group))
    problems.add(
      `cloud-azure-resource-group: ${quote(group, 120)} is not the name of a resource group; valid: up to 90 letters, digits, _ - . ( ), with no full stop at the end.`,
    )
}

export function networkId(
  { subscription, group, network }: Omit<SubnetWord, 'name' | 'word'>,
  own: string,
): string {
  return `/subscriptions/${subscription ?? own}/resourceGroups/${group}/providers/Microsoft.Network/virtualNetworks/${network}`
}

/**
 * Is a public address asked for? A subnet assigns none by itself. Machines whose network parts are made with them have never had the way out that Azure
 * once gave to all, and new networks have none either, so it is an address of their own or a NAT gateway.
 */
export function asksForAddress(
  { publicAddress }: Pick<MachineRequest, 'publicAddress'>,
  subnet: { readonly hasGateway: boolean } | undefined,
): boolean {
  if (publicAddress === 'auto') return !subnet?.hasGateway
  return publicAddress === 'always'
}

/** What may keep a machine from the forge, for the message of a launch whose runner never came online. */
export function wayOutOf(address: boolean, subnet: string | undefined): string {
  const where = subnet === undefined ? 'a network of its own' : `subnet ${subnet}`
  return address
    ? `The machine has a public address in ${where}; a security group or route of that network may keep it from the internet.`
    : `The machine has no public address, so ${where} needs a NAT gateway or another way to the internet.`
}
