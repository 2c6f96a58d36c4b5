import type { Ports } from '../ports.ts'
import type { Accounts } from './accounts.ts'
import type { Attempts } from './attempts.ts'
import type { LaunchOrder } from './order.ts'
import type { Registrations } from './registrations.ts'
import type { Story } from './story.ts'

/** What the steps of one launch share from the first attempt to the hand-over. */
export interface Leg {
  readonly order: LaunchOrder
  readonly ports: Ports
  readonly accounts: Accounts
  readonly attempts: Attempts
  readonly registrations: Registrations
  readonly story: Story
  /** Clock milliseconds until which the runner is to be online. */
  readonly deadline: number
}
