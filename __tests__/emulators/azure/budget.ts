import type { Budget } from '../cloud/budget.ts'

export const budget: Budget = {
  lines: 2127,
  why:
    'five kinds of resources, each made, read, listed and removed by itself, with operations, groups that end slowly and timers (491); what an order is refused for ' +
    '(269); answers, member by member (247); roles on groups and subscriptions (177); Entra, TLS and metadata, by which machines log in (190)',
}
