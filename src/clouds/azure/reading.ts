import type { Findings } from '../findings.ts'
import type { Arm } from './arm.ts'
import type { Plan } from './plan.ts'

/** What is read for one request. */
export interface Reading {
  readonly arm: Arm
  readonly plan: Plan
  readonly findings: Findings
  readonly signal?: AbortSignal | undefined
}
