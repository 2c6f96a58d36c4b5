import { cloudConformance } from '../../conformance/cloud-suite.ts'
import { emulatedWorld } from './world.ts'

cloudConformance('the emulated Compute Engine', emulatedWorld)
