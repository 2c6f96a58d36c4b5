import type { Ending, Ground } from '../../model/instance.ts'

/** It is launched so (`InstanceInitiatedShutdownBehavior`). */
export const ground: Ground = { powerOff: 'ends', farewell: '' }

export const ending: Ending = {
  text: 'a timer of the machine itself powers it off, which ends it at EC2 and stops the billing.',
}
