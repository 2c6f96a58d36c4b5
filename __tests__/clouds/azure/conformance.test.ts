import { usersGroup } from '../../emulators/azure/azure.ts'
import { cloudConformance } from '../../conformance/cloud-suite.ts'
import { emulatedWorld } from './world.ts'

cloudConformance('the emulated Azure, a group for each machine', () => emulatedWorld())
cloudConformance('the emulated Azure, in a group that is there', () => emulatedWorld({ group: usersGroup }), {
  // In a group nobody looks by region.
  without: ['a region that cannot be read is told'],
})
