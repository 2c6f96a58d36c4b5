import { ofEach, type FailureRow } from '../model/failure-row.ts'
import type { Cloud } from './cloud.ts'

/** Verbs of the port that throw. The others give `undefined`, or a sentence. */
export type ThrowingVerb = Extract<
  keyof Cloud,
  'resolve' | 'create' | 'list' | 'look' | 'destroy' | 'enabledRegions'
>

const all = ['resolve', 'create', 'list', 'look', 'destroy', 'enabledRegions'] as const

/**
 * The error table of the Cloud port. `list` throws nothing and says the same of each region, as `unreadable`. The conformance suite provokes every row of every
 * cloud. Of a refusal that no row knows, `unknown`, another candidate is tried.
 */
export const cloudFailures: readonly FailureRow<ThrowingVerb>[] = [
  ...ofEach(all, {
    kind: 'unauthenticated',
    when: 'the vendor does not take the credentials',
    acts: 'user',
    again: 'nobody',
  }),
  ...ofEach(all, {
    kind: 'permission-denied',
    when: 'the credentials may not do what the verb needs',
    acts: 'user',
    again: 'nobody',
  }),
  ...ofEach(all, {
    kind: 'rate-limited',
    when: 'the vendor throttles until the end of all patience',
    acts: 'nobody',
    again: 'port',
  }),
  ...ofEach(all, {
    kind: 'unavailable',
    when: 'the vendor fails or is silent until the end of all patience',
    acts: 'nobody',
    again: 'port',
  }),
  {
    verb: 'resolve',
    kind: 'invalid-input',
    when: 'words of the request cannot be, all of which are named',
    acts: 'user',
    again: 'nobody',
  },
  {
    verb: 'resolve',
    kind: 'not-found',
    when: 'an image, a region or a group is nowhere',
    acts: 'user',
    again: 'nobody',
  },
  {
    verb: 'create',
    kind: 'invalid-input',
    when: 'the payload is larger than the cloud takes',
    acts: 'user',
    again: 'nobody',
  },
  {
    verb: 'create',
    kind: 'capacity-unavailable',
    when: 'the place has no such machine left',
    acts: 'launcher',
    again: 'launcher',
  },
  {
    verb: 'create',
    kind: 'quota-exceeded',
    when: "the account's quota for it is used up",
    acts: 'launcher',
    again: 'launcher',
  },
]
