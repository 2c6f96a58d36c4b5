import { describe } from '@jest/globals'
import { cloudConformance } from '../../conformance/cloud-suite.ts'
import { emulatedWorld, liveWorld } from './world.ts'

cloudConformance('the emulated EC2', emulatedWorld)

// Costs a few cents: CML_RUNNER_LIVE_AWS=1, credentials, and CML_RUNNER_LIVE_AWS_REGION unless us-east-1 is fine.
const live = process.env.CML_RUNNER_LIVE_AWS === '1' ? describe : describe.skip
live('live', () => cloudConformance('AWS', liveWorld, { levers: false, timeout: 300_000 }))
