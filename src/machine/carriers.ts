import { carryByCloudInit } from './carriers/cloud-init.ts'
import { carryMounted } from './carriers/mounted.ts'
import { carryByStartupScript } from './carriers/startup-script.ts'
import type { Carrier } from './delivery.ts'

/** One line per way into a machine; a cloud names its own (`limits.carrier`). */
export const carriers = {
  'cloud-init': carryByCloudInit,
  'startup-script': carryByStartupScript,
  mounted: carryMounted,
} as const satisfies Readonly<Record<string, Carrier>>

export type CarrierName = keyof typeof carriers
