import type { CloudLimits } from '../cloud.ts'

export const limits = {
  // Of a Secret all contents together may have 1 MiB; in the payload they are a third longer.
  payloadBytes: 1_000_000,
  carrier: 'mounted',
  atomic: false,
  // The API server shows what it has taken.
  prompt: true,
  console: true,
  conceals: true,
} as const satisfies CloudLimits
