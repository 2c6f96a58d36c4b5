import type { Budget } from '../cloud/budget.ts'

export const budget: Budget = { lines: 1152, why: '' }
