import type { Exception } from '../../shapes/conformity.ts'

/** Where the emulated Azure differs from the recorded, and why. */
export const exceptions: readonly Exception[] = [
  {
    at: /^header x-ms-(ratelimit-remaining|need-to-refresh|throttle-levels)/,
    why: 'which budgets an answer tells has changed from year to year, and the recorded ones are of several',
  },
  {
    operation: /virtualMachines/,
    at: /(ssh|diagnosticsProfile|networkInterfaces\[\]\.properties|zones|plan|identity|instanceView)(\.|\[\]|$)/,
    why: 'said of machines that were ordered with it; the recorded ones were not, or in another choice of it',
  },
  {
    operation: /virtualMachines/,
    at: /(priority|evictionPolicy|billingProfile|timeCreated|exactVersion)(\.|$)/,
    why: 'a spot machine was recorded with an older version of the interface, others with none of it',
  },
  {
    at: /^header retry-after$|enableVMAgentPlatformUpdates$/,
    why: 'a recorder wrote its own pause into each answer; one member came and went with versions of the interface',
  },
  {
    operation: /^(DELETE|PUT) /,
    at: /^status 20[04]$/,
    why: 'of what is not there, and of what is there already, no such call was recorded; Microsoft describes them so',
  },
  {
    operation: /networkInterfaces/,
    at: /publicIPAddress/,
    why: 'the recorded card had no public address',
  },
  {
    operation: /virtualMachines$/,
    at: /^nextLink$/,
    why: 'the recorded lists of one group had one page each; those of a subscription have the same member',
  },
  {
    operation: /^PUT .*virtualMachines/,
    at: /(osDisk\.deleteOption|patchSettings\.assessmentMode)$/,
    why: 'the recorded change of a machine that is there was of an older version of the interface',
  },
  {
    operation: /artifacttypes\/.*\/versions\/\*$/,
    at: /^properties\.plan(\.|$)/,
    why: 'of images that the marketplace sells no answer was recorded; it is what their machines must be ordered with',
  },
  {
    operation: /artifacttypes\/.*\/versions\/\*$/,
    at: /^properties\.imageDeprecationStatus\.(scheduledDeprecationTime|alternativeOption)(\.|$)/,
    why: 'no image that its publisher takes back was recorded; the vendor’s own client describes these members',
  },
  {
    at: /(^|\.)tags(\..*)?$/,
    why: 'tags are whatever somebody has given, and the recorded ones had other values or none',
  },
  {
    operation: /virtualNetworks\/\*$/,
    at: /^properties\.subnets\[\]/,
    why: 'the recorded network was made before its subnet; one that is made with it shows it as GET of the subnet does',
  },
]
