import type { Lease } from '../../model/lease.ts'

/** Of a Job that is never made. */
export const sampleLease: Lease = {
  identity: 'a'.repeat(20),
  run: 'a'.repeat(20),
  scope: 'sample',
  owner: 'sample',
  name: 'sample',
  dueAt: 4_000_000_000,
  nonce: 'sample',
  expiresAt: 4_000_000_000,
}
