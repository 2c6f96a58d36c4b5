import type { Exception } from '../../shapes/conformity.ts'

/** Where the emulated Compute Engine differs from the recorded, and why. */
export const exceptions: readonly Exception[] = [
  {
    at: /scheduling\.(maxRunDuration|instanceTerminationAction)$/,
    why: 'no recorded machine had a limit to its life; the model has both',
  },
  {
    operation: /aggregated/,
    at: /instances\[\]\.description$/,
    why: 'listed machines were recorded without one; GET of one machine shows it',
  },
  {
    operation: /aggregated/,
    at: /instances\[\]\.(lastStopTimestamp|networkInterfaces\[\]\.accessConfigs\[\]\.natIP)$/,
    why: 'no machine that is switched off was recorded in a list; GET of one that is stopped shows both so',
  },
  {
    operation: /aggregated|instances/,
    at: /(serviceAccounts|guestAccelerators|networkInterfaces\[\]\.accessConfigs|metadata\.items)(\[\].*)?$/,
    why: 'said of machines that have such a thing, and the recorded ones had another choice of them',
  },
  {
    at: /networkInterfaces\[\]\.(ipv6AccessType|ipv6Address|ipv6AccessConfigs|networkIP)(\[\].*)?$/,
    why: 'no recorded machine was without IPv4; the model has these fields of one that is',
  },
  {
    operation: /^POST /,
    at: /^startTime$/,
    why: 'an operation that waits has none: so it was recorded in 2018, of a deletion',
  },
  {
    operation: /aggregated/,
    at: /^unreachables$/,
    why: 'the model has it, and no recorded list missed a zone',
  },
  {
    operation: /^POST /,
    at: /^endTime$/,
    why: 'an order that is repeated with its request id is answered with its operation as it is by now; none was recorded',
  },
]
