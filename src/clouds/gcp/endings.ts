import type { Ending } from '../../model/instance.ts'

const text = 'Compute Engine deletes it when its time is over, whatever its own program does.'

/** Only the machine finds out whether its account may delete it. */
export const withAccount: Ending = {
  text,
  own: {
    allowed: 'It deletes itself when it is idle.',
    refused:
      'When it is idle it powers off: it costs nothing more but its disk, which `stop`, `sweep` or a later launch removes.',
  },
}

/** Without an account of its own a machine has nothing to tell the cloud with. */
export const withoutAccount: Ending = {
  text,
  gap: 'The machine has no service account, so it cannot delete itself: when it is idle it powers off, and its disk is billed until `stop`, `sweep` or a later launch removes it. Give it one in cloud-permission-set.',
}
