import { afterAll, describe, test } from '@jest/globals'

import { clusterStories } from '../../clouds/kubernetes/cluster-stories.ts'
import { realCluster } from './cluster-side.ts'
import { ControlPlane } from './control-plane.ts'
import { findPrograms } from './programs.ts'

const programs = findPrograms()

if (programs === undefined)
  describe('a real cluster', () => {
    test.skip('has no programs here', () => undefined)
  })
else {
  // Concurrent tests begin before any hook.
  let starting: Promise<ControlPlane> | undefined
  afterAll(async () => (await starting)?.stop())
  clusterStories(realCluster(() => (starting ??= ControlPlane.start(programs))))
}
