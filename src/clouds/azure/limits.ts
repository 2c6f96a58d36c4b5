import type { CloudLimits } from '../cloud.ts'

export const limits = {
  // Before Base64: https://learn.microsoft.com/azure/virtual-machines/custom-data
  payloadBytes: 65_535,
  carrier: 'cloud-init',
  atomic: false,
  // A machine's end can be ordered so long ahead: https://learn.microsoft.com/azure/virtual-machines/scheduled-actions-overview
  longestLife: 14 * 86_400,
  console: true,
  // Its metadata service never tells what was sent, and the machine removes every copy of it (machine-half.ts).
  conceals: true,
} as const satisfies CloudLimits
