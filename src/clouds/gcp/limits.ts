import type { CloudLimits } from '../cloud.ts'

export const limits = {
  // The metadata takes 256 KB a value, and an agent that reads more at each boot is slow.
  payloadBytes: 65_536,
  carrier: 'startup-script',
  atomic: true,
  longestLife: 120 * 86_400,
  console: true,
  conceals: true,
} as const satisfies CloudLimits
