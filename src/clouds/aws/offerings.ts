import type { NativeType } from './families.ts'
import type { ImageSearch } from './images.ts'
import { isOptionalFailure } from './optional.ts'

/** Zones of a region that sell a type, sorted; undefined where that could not be read. */
export type ZonesOf = (type: NativeType) => readonly string[] | undefined

export async function resolveOfferings(
  { ec2, region, findings: { warnings }, signal }: Omit<ImageSearch, 'now'>,
  types: readonly NativeType[],
): Promise<ZonesOf> {
  const zones = new Map<string, string[]>(types.map((type) => [type.name, []]))
  const query = {
    LocationType: 'availability-zone' as const,
    Filters: [{ Name: 'instance-type', Values: [...zones.keys()] }],
    MaxResults: 1000,
  }
  const call = { tried: `read which zones of ${region} sell ${[...zones.keys()].join(', ')}`, signal }
  try {
    for (const { InstanceType = '', Location } of await ec2.describeOfferings(region, query, call))
      if (Location) zones.get(InstanceType)?.push(Location)
  } catch (error) {
    if (!isOptionalFailure(error)) throw error
    const { said = '', code = error.kind } = error.explanation
    warnings.add(
      `It could not be read which zones of ${region} sell what (ec2:DescribeInstanceTypeOfferings: ${code}${said ? `, ${said}` : ''}): EC2 chooses the zone, and no other zone is tried.`,
    )
    return () => undefined
  }
  return (type) => zones.get(type.name)?.toSorted()
}
