import type { Abilities } from '../agent/world.ts'
import { steadyClock } from '../lib/clock.ts'
import type { CloudHalf } from '../machine/cloud-half.ts'

/**
 * The abilities of an agent whose runner does not start before the half of its cloud has removed what jobs must not find. That begins at once, and goes on while
 * the runner is registered.
 */
export function holding(half: Required<Pick<CloudHalf, 'conceal'>>, abilities: Abilities): Abilities {
  const { signal } = new AbortController()
  const concealed = half.conceal({ clock: steadyClock, signal, variables: process.env })
  return {
    ...abilities,
    lookForDocker: async (machine) => {
      const [docker] = await Promise.all([abilities.lookForDocker?.(machine), concealed])
      return docker ?? { docker: false, gpus: false }
    },
  }
}
