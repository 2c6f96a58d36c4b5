import type { Exception } from '../../shapes/conformity.ts'

/** Where the emulated EC2 differs from the recorded, and why. What the model knows, the emulator may say: it is checked against that as well. */
export const exceptions: readonly Exception[] = [
  {
    operation: /^RunInstances$/,
    at: /^instancesSet\[\]\.(enaSupport|cpuOptions|capacityReservationSpecification|hibernationOptions|enclaveOptions|metadataOptions|networkInterfaceSet\[\]\.interfaceType)$/,
    why: 'the recording is of 2017, when EC2 did not know these; DescribeInstances of 2020 shows them',
  },
  {
    operation: /^RunInstances$/,
    at: /^instancesSet\[\]\.(iamInstanceProfile|tagSet)$/,
    why: 'the recorded order had neither a profile nor tags; DescribeInstances shows both',
  },
  {
    operation: /^RunInstances$/,
    at: /^instancesSet\[\]\.(stateReason|blockDeviceMapping|ipAddress|networkInterfaceSet\[\](\.privateIpAddressesSet\[\])?\.association)$/,
    why: 'an order repeated with its token is answered with the machine as it is by now',
  },
  {
    operation: /^(Run|Describe)Instances$/,
    at: /instancesSet\[\]\.(instanceLifecycle|spotInstanceRequestId)$/,
    why: 'only machines on demand were recorded',
  },
  {
    operation: /^(Run|Describe)Instances$/,
    at: /instancesSet\[\]\.(privateIpAddress|ipv6Address|networkInterfaceSet\[\]\.(privateIpAddress|ipv6AddressesSet))$/,
    why: 'a machine in a subnet of IPv6 alone has no other address; only IPv4 was recorded',
  },
  {
    operation: /^DescribeInstances$/,
    at: /instancesSet\[\]\.(privateIpAddress|subnetId|vpcId|sourceDestCheck)$/,
    why: 'a machine that has ended has none; none was recorded',
  },
  {
    operation: /^DescribeInstances$/,
    at: /instancesSet\[\]\.keyName$/,
    why: 'no order of ours names a pair of keys',
  },
  {
    operation: /^DescribeInstances$/,
    at: /instancesSet\[\]\.tagSet$/,
    why: 'both recorded machines had tags; a machine without them has no such element',
  },
  {
    operation: /^DescribeInstances$/,
    at: /metadataOptions\.httpProtocolIpv6$/,
    why: 'newer than the recordings of 2020',
  },
  {
    operation: /^Describe(Instances|Images|Subnets|Vpcs|SecurityGroups)$/,
    at: /^nextToken$/,
    why: 'no recorded list had a second page',
  },
  {
    operation: /^DescribeImages$/,
    at: /^imagesSet\[\]\.(enaSupport|bootMode|tpmSupport|deprecationTime|imageOwnerAlias|platform|stateReason|sriovNetSupport)$/,
    why: 'said of some images and not of others; one image of Red Hat was recorded',
  },
  {
    operation: /^DescribeImages$/,
    at: /^imagesSet\[\]\.blockDeviceMapping\[\]\.(virtualName|ebs)$/,
    why: "a disk of the machine's own has a virtual name and no volume; the recorded image had none",
  },
  {
    operation: /^DescribeSubnets$/,
    at: /^subnetSet\[\]\.(enableDns64|ipv6Native)$/,
    why: 'newer than the recordings of 2020',
  },
  {
    operation: /^DescribeSubnets$/,
    at: /^subnetSet\[\]\.(cidrBlock|ipv6CidrBlockAssociationSet)$/,
    why: 'the recorded subnet had IPv4 alone',
  },
  {
    operation: /^DescribeSecurityGroups$/,
    at: /^securityGroupInfo\[\]\.ipPermissionsEgress\[\]\.ipv6Ranges$/,
    why: 'the recorded group lets IPv4 out alone',
  },
]
