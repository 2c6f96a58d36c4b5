import { quote } from '../../options/problem.ts'
import type { MachineRequest } from '../cloud.ts'

/** A subnet as the user names it. */
export interface SubnetWord {
  readonly word: string
  /** Undefined = of the region where the machine is. */
  readonly region?: string
  /** Undefined = the project that machines are made in; else a host project's, which shares its network. */
  readonly project?: string
  readonly name: string
}

const pattern =
  /^(?:(?:https:\/\/[a-z.]+\/compute\/v1\/)?(?:projects\/([a-z0-9.:-]+)\/)?regions\/([a-z0-9-]+)\/subnetworks\/)?([a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)$/

const valid =
  'valid are a name, regions/REGION/subnetworks/NAME, or for a shared network projects/HOST-PROJECT/regions/REGION/subnetworks/NAME.'

export function parseSubnets(words: readonly string[], problems: Set<string>): SubnetWord[] {
  return words.flatMap((word) => {
    const [, project, region, name] = pattern.exec(word) ?? []
    if (name) return [{ word, name, ...(region ? { region } : {}), ...(project ? { project } : {}) }]
    problems.add(`cloud-gcp-subnet: ${quote(word, 120)} is no subnet; ${valid}`)
    return []
  })
}

/** As the creating call names it, for a machine in this region. */
export function subnetPath({ project, name }: SubnetWord, own: string, region: string): string {
  return `projects/${project ?? own}/regions/${region}/subnetworks/${name}`
}

/** Is a public address asked for? A subnet of Compute Engine assigns none by itself, and without one or a Cloud NAT nothing gets out. */
export function asksForAddress({ publicAddress }: Pick<MachineRequest, 'publicAddress'>): boolean {
  return publicAddress !== 'never'
}

/** What may keep a machine from the forge, for the message of a launch whose runner never came online. */
export function wayOutOf(address: boolean, subnet: string | undefined): string {
  const where = subnet === undefined ? 'the network "default"' : `subnet ${subnet}`
  return address
    ? `The machine has a public address in ${where}; a firewall rule or route of that network may keep it from the internet.`
    : `The machine has no public address (cloud-public-address: never), so ${where} needs a Cloud NAT or another way to the internet.`
}
