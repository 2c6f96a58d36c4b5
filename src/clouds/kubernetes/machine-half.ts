import type { CloudHalf } from '../../machine/cloud-half.ts'

/** A pod is told by SIGTERM alone that it is taken, which its agent hears anyway. */
export const kubernetesHalf: CloudHalf = {
  name: 'kubernetes',
  notices: () => none(),
}

async function* none(): AsyncIterable<never> {
  // Nothing is announced.
}
