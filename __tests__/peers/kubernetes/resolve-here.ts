// Which namespaces the product finds from here, by whatever configuration this process has: `node resolve-here.ts`.
import { createKubernetes } from '../../../src/clouds/kubernetes/index.ts'
import { silentLog } from '../../../src/lib/log.ts'
import { FakeClock } from '../../emulators/fake-clock.ts'
import { plainRequest } from '../../clouds/kubernetes/world.ts'

const options = {
  'cloud-kubernetes-node-selector': undefined,
  'cloud-kubernetes-tolerations': undefined,
  'cloud-kubernetes-pending': 180,
}
const cloud = createKubernetes(options, { log: silentLog, clock: new FakeClock(), variables: process.env })
const { candidates } = await cloud.resolve({ ...plainRequest, types: ['m'] })
process.stdout.write(candidates.map(({ region }) => region).join())
