import type { Budget } from '../cloud/budget.ts'

export const budget: Budget = {
  lines: 2325,
  why:
    'what RunInstances refuses, in EC2’s words and order (418); what it answers, member by member (267), and eleven kinds of lists (285); the wire format and the ' +
    'requests by the SDK’s own schemas (188); types, zones and images (208); IAM’s policies, signatures and STS (246); networks, IPv6 and routes (120)',
}
