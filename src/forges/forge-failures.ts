import { ofEach, type FailureRow } from '../model/failure-row.ts'
import type { Forge } from './forge.ts'

/** Verbs of the port that throw. */
export type ThrowingVerb = Extract<
  keyof Forge,
  'register' | 'download' | 'findRunner' | 'listRunners' | 'serving' | 'unregister'
>

/** Those that show the token to the forge. Programs may come from elsewhere. */
const own = ['register', 'findRunner', 'listRunners', 'serving', 'unregister'] as const

/** The error table of the Forge port. The conformance suite provokes every row of every forge. */
export const forgeFailures: readonly FailureRow<ThrowingVerb>[] = [
  ...ofEach(own, {
    kind: 'unauthenticated',
    when: 'the forge does not know the token',
    acts: 'user',
    again: 'nobody',
  }),
  ...ofEach([...own, 'download'], {
    kind: 'unavailable',
    when: 'the forge fails or is silent until the end of all patience',
    acts: 'nobody',
    again: 'port',
  }),
  {
    verb: 'register',
    kind: 'permission-denied',
    when: 'the token may read runners and not make them',
    acts: 'user',
    again: 'nobody',
  },
  {
    verb: 'download',
    kind: 'failed-precondition',
    when: 'nobody gives a digest, or nobody gives one for the platform',
    acts: 'user',
    again: 'nobody',
  },
]
