import { idOf, zonesByRegion } from './catalogue.ts'

export interface EmulatedSubnet {
  readonly id: string
  readonly region: string
  readonly vpc: string
  readonly zone: string
  /** Assigns public addresses. */
  publicAddresses: boolean
  /** `only`: there is no IPv4 in it. */
  readonly ipv6: 'none' | 'dual' | 'only'
  /** Assigns IPv6 addresses by itself. */
  readonly assignsIpv6: boolean
  readonly dns64: boolean
  readonly isDefault: boolean
  freeAddresses: number
}

export interface EmulatedGroup {
  readonly id: string
  readonly region: string
  readonly vpc: string
  readonly name: string
  /** Lets nothing out when false. */
  readonly egress: boolean
}

/** Target of the default route; `none` = there is no default route. */
export type Exit = 'internet-gateway' | 'nat-gateway' | 'none' | 'blackhole'
export type Ipv6Exit = 'egress-only' | 'internet-gateway' | 'none' | 'blackhole'

/** A route beside the default ones. */
export interface ExtraRoute {
  readonly to: string
  readonly by: string
}

export interface EmulatedTable {
  readonly id: string
  readonly region: string
  readonly vpc: string
  /** Undefined = the VPC's main table. */
  readonly subnet?: string
  exit: Exit
  readonly exit6: Ipv6Exit
  /** 64:ff9b::/96 to a NAT gateway. */
  readonly nat64: boolean
  readonly routes: readonly ExtraRoute[]
}

const noIpv6 = { exit6: 'none', nat64: false, routes: [] } as const

/** What every account starts with: a default VPC per region, one default subnet per zone, and a group called `default`. */
export class Networks {
  readonly subnets: EmulatedSubnet[] = []
  readonly groups: EmulatedGroup[] = []
  readonly tables: EmulatedTable[] = []

  constructor() {
    for (const [region, zones] of Object.entries(zonesByRegion)) {
      const vpc = defaultVpcOf(region)
      this.#addGroup(region, vpc, 'default')
      this.tables.push({ id: idOf('rtb', vpc), region, vpc, exit: 'internet-gateway', ...noIpv6 })
      for (const zone of zones) {
        const plain = { ipv6: 'none', assignsIpv6: false, dns64: false } as const
        this.#push({ region, zone, vpc, publicAddresses: true, isDefault: true, ...plain })
      }
    }
  }

  /** A subnet in a VPC of the given name, which is made with its `default` group when it is new. */
  addSubnet(options: {
    readonly zone: string
    readonly vpc?: string
    readonly publicAddresses?: boolean
    readonly exit?: Exit
    readonly ipv6?: EmulatedSubnet['ipv6']
    readonly assignsIpv6?: boolean
    readonly dns64?: boolean
    readonly exit6?: Ipv6Exit
    readonly nat64?: boolean
    readonly routes?: readonly ExtraRoute[]
  }): EmulatedSubnet {
    const region = Object.entries(zonesByRegion).find(([, zones]) => zones.includes(options.zone))?.[0] ?? ''
    const vpc = idOf('vpc', region, options.vpc ?? 'made')
    if (!this.groups.some((group) => group.vpc === vpc)) {
      this.#addGroup(region, vpc, 'default')
      this.tables.push({ id: idOf('rtb', vpc), region, vpc, exit: 'none', ...noIpv6 })
    }
    const { ipv6 = 'none', exit6 = 'none', nat64 = false, routes = [], dns64 = false } = options
    const { publicAddresses = ipv6 !== 'only', exit = ipv6 === 'only' ? 'none' : 'internet-gateway' } =
      options
    const { assignsIpv6 = ipv6 === 'only', zone } = options
    const subnet = this.#push({
      region,
      zone,
      vpc,
      publicAddresses,
      isDefault: false,
      ipv6,
      assignsIpv6,
      dns64,
    })
    if (exit !== 'none' || exit6 !== 'none' || nat64 || routes.length > 0)
      this.tables.push({
        id: idOf('rtb', subnet.id),
        region,
        vpc,
        subnet: subnet.id,
        exit,
        exit6,
        nat64,
        routes,
      })
    return subnet
  }

  /** A group in the default VPC of a region, or in the VPC of a subnet. */
  addGroup(name: string, where: string | EmulatedSubnet, egress = true): EmulatedGroup {
    return typeof where === 'string'
      ? this.#addGroup(where, defaultVpcOf(where), name, egress)
      : this.#addGroup(where.region, where.vpc, name, egress)
  }

  #addGroup(region: string, vpc: string, name: string, egress = true): EmulatedGroup {
    const group = { id: idOf('sg', vpc, name), region, vpc, name, egress }
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
