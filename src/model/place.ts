/** Where machines can be: a cloud, and a region of it in the cloud's own words. */
export interface Place {
  readonly cloud: string
  readonly region: string
}

/** One machine. Its id is opaque, and whole within its place. */
export type MachineKey = Place & { readonly id: string }

/** Tells one place from another. */
export function placeKey({ cloud, region }: Place): string {
  return `${cloud} ${region}`
}

/** Tells one machine from another. */
export function machineKey(machine: MachineKey): string {
  return `${placeKey(machine)} ${machine.id}`
}

/** Does a person who writes this mean the machine? Its whole id, or the name at the end of one that has several parts: `zone/name`. */
export function isCalled({ id }: Pick<MachineKey, 'id'>, word: string): boolean {
  return id === word || id.endsWith(`/${word}`)
}

/** `nimbus north-1, south-1; stratus east-1`: cloud by cloud, in their order. */
export function renderPlaces(places: readonly Place[]): string {
  const regions = new Map<string, string[]>()
  for (const { cloud, region } of places) regions.set(cloud, [...(regions.get(cloud) ?? []), region])
  return [...regions].map(([cloud, names]) => `${cloud} ${names.join(', ')}`).join('; ')
}
