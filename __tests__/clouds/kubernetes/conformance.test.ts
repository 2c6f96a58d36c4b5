import { cloudConformance } from '../../conformance/cloud-suite.ts'
import { emulatedWorld } from './world.ts'

cloudConformance('the emulated cluster', emulatedWorld, {
  without: [
    // Only a node finds out, which then says so of the pod.
    'resolve: not-found when an image',
    // The API server shows at once what it has taken.
    "finds our twin's machine although listings lag",
    'a machine that listings do not show yet',
  ],
})
