import type { Instance } from '../model/instance.ts'
import type { Lease } from '../model/lease.ts'
import type { Place } from '../model/place.ts'

/**
 * One launch that is to be taken away, with all that is known of it. Of what carries its identity, only what says itself that it has this
 * name, this run where one is given, and the forge's scope is ever taken.
 */
export interface RemovalTarget {
  readonly identity: string
  readonly run?: string
  readonly runnerName: string
  /** Where to look. */
  readonly places: readonly Place[]
  /** Machines whose ids are known: listings may not show them yet, but they can be ended. */
  readonly known?: readonly Instance[]
  /** Machines that a file tells of which others may have written: each is ended once it was seen, and says itself that it is meant. */
  readonly hearsay?: readonly Instance[]
  /** The registration goes only as that of one of these machines; by what it says itself when absent. */
  readonly registrationOf?: readonly Instance[]
  /** The registration may be another machine's, and stays. */
  readonly keepsRegistration?: boolean
  /** Whose removal it is; everything of the identity when absent. */
  readonly own?: OwnTry
}

/**
 * One try of a launch that undoes itself. Other processes may try the same launch (a step that is repeated, two at once), and what they
 * made carries the same identity.
 */
export interface OwnTry {
  readonly lease: Lease
  /** Id of a machine that another try made and this one took over: it is this one's to end as long as nobody can have handed it over. */
  readonly adopted?: string
}
