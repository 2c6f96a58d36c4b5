import type { Budget } from '../cloud/budget.ts'

export const budget: Budget = {
  lines: 2083,
  why:
    'answers, member by member (285); what an insert is refused for, one by one and in bulk (357); operations, lists that miss zones, metadata with fingerprints ' +
    '(264); requests by the vendor’s protos (122); the metadata server that can be waited at, and the guest agent (224); types and accelerators by zone (137)',
}
