import { idOf, zonesByRegion } from './catalogue.ts'

export interface EmulatedSubnet {
  readonly id: string
  readonly region: string
  readonly vpc: string
  readonly zone: string
  /** Assigns public addresses. */
  readonly publicAddresses: boolean
  readonly isDefault: boolean
  freeAddresses: number
}

export interface EmulatedGroup {
  readonly id: string
  readonly region: string
  readonly vpc: string
  readonly name: string
}

/** Target of the default route; `none` = there is no default route. */
export type Exit = 'internet-gateway' | 'nat-gateway' | 'none' | 'blackhole'

export interface EmulatedTable {
  readonly id: string
  readonly region: string
  readonly vpc: string
  /** Undefined = the VPC's main table. */
  readonly subnet?: string
  readonly exit: Exit
}

/** What every account starts with: a default VPC per region, one default subnet per zone, and a group called `default`. */
export class Networks {
  readonly subnets: EmulatedSubnet[] = []
  readonly groups: EmulatedGroup[] = []
  readonly tables: EmulatedTable[] = []

  constructor() {
    for (const [region, zones] of Object.entries(zonesByRegion)) {
      const vpc = defaultVpcOf(region)
      this.#addGroup(region, vpc, 'default')
      this.tables.push({ id: idOf('rtb', vpc), region, vpc, exit: 'internet-gateway' })
      for (const zone of zones) this.#push({ region, zone, vpc, publicAddresses: true, isDefault: true })
    }
  }

  /** A subnet in a VPC of the given name, which is made with its `default` group when it is new. */
  addSubnet(options: {
    readonly zone: string
    readonly vpc?: string
    readonly publicAddresses?: boolean
    readonly exit?: Exit
  }): EmulatedSubnet {
    const region = Object.entries(zonesByRegion).find(([, zones]) => zones.includes(options.zone))?.[0] ?? ''
    const vpc = idOf('vpc', region, options.vpc ?? 'made')
    if (!this.groups.some((group) => group.vpc === vpc)) {
      this.#addGroup(region, vpc, 'default')
      this.tables.push({ id: idOf('rtb', vpc), region, vpc, exit: 'none' })
    }
    const { publicAddresses = true, exit = 'internet-gateway' } = options
    const subnet = this.#push({ region, zone: options.zone, vpc, publicAddresses, isDefault: false })
    if (exit !== 'none')
      this.tables.push({ id: idOf('rtb', subnet.id), region, vpc, subnet: subnet.id, exit })
    return subnet
  }

  /** A group in the default VPC of a region, or in the VPC of a subnet. */
  addGroup(name: string, where: string | EmulatedSubnet): EmulatedGroup {
    return typeof where === 'string'
      ? this.#addGroup(where, defaultVpcOf(where), name)
      : this.#addGroup(where.region, where.vpc, name)
  }

  #addGroup(region: string, vpc: string, name: string): EmulatedGroup {
    const group = { id: idOf('sg', vpc, name), region, vpc, name }
    this.groups.push(group)
    return group
  }

  #push(subnet: Omit<EmulatedSubnet, 'id' | 'freeAddresses'>): EmulatedSubnet {
    const made = {
      ...subnet,
      id: idOf('subnet', subnet.vpc, subnet.zone, String(this.subnets.length)),
      freeAddresses: 250,
    }
    this.subnets.push(made)
    return made
  }
}

export function defaultVpcOf(region: string): string {
  return idOf('vpc', region, 'default')
}
