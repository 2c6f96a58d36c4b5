import type { Ending, Ground } from '../../model/instance.ts'

export const ground: Ground = { powerOff: 'ends', farewell: '' }

export const ending: Ending = {
  text: 'its process ends, and with it the pod; whatever it does, the deadline of its Job ends it, and the cluster then removes the Job.',
}
