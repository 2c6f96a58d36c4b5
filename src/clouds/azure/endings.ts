import type { Ending } from '../../model/instance.ts'

const text = 'Azure deallocates it when its time is over, whatever its own program does.'
const goesOn = 'When it is idle it powers off, and its bill goes on all the same'

/** In a group of the user's, with an identity: only the machine finds out whether that may remove it. */
export const withIdentity: Ending = {
  text,
  own: {
    allowed: 'It removes itself when it is idle.',
    refused: `${goesOn}, until \`stop\`, \`sweep\` or the end of its time.`,
  },
}

/** Seconds that a machine lives which nothing takes off the bill before its time, where nobody has said how long. */
export const shortLife = 6 * 3600

/** What nothing ends before its time. `most`: what that comes to, where the price is known. */
export function withoutIdentity(
  why: 'no identity' | 'a group of its own',
  lifetime: number,
  most?: string,
): Ending {
  const reason =
    why === 'no identity' ? 'has no identity that may remove it, so it' : 'is in a group of its own, so it'
  const hours = Math.round(lifetime / 360) / 10
  const cost = most === undefined ? '' : `, at most ${most}`
  return {
    text,
    gap: `The machine ${reason} cannot end its own bill. ${goesOn}: until \`stop\`, \`sweep\` or the end of its time after ${hours} h${cost}. End every run with \`stop\`, or give it an identity (cloud-permission-set) in a group of yours (cloud-azure-resource-group).`,
  }
}
