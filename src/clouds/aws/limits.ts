import type { CloudLimits } from '../cloud.ts'

export const limits = {
  // Of user data, before Base64.
  payloadBytes: 16_384,
  carrier: 'cloud-init',
  atomic: true,
  console: true,
} as const satisfies CloudLimits
