/** A job of a run: the latest try of it. */
export interface RunJob {
  readonly id: string
  readonly name: string
  /** Name of the runner that had it, where that was one of somebody's own; undefined where none had it, one of the forge's own, or nobody knows. */
  readonly runner?: string
  /** Clock ms; undefined while it goes on. */
  readonly endedAt?: number
  /** It has failed, for whatever reason. */
  readonly failed: boolean
  /** It failed by itself: a line of its script, a test. */
  readonly red: boolean
  /** The forge's words for a job that ended because its machine did; absent for every other end. */
  readonly lost?: string
}

/** One run of a workflow, or one pipeline, as it stands in its latest attempt. */
export interface Run {
  readonly id: string
  /** Where a person looks at it. */
  readonly page: string
  /** From 1. */
  readonly attempt: number
  readonly completed: boolean
  /** Somebody has cancelled it, or a part of it. */
  readonly cancelled: boolean
  /** A launch in it has said `noRetryMark`. */
  readonly declined: boolean
  /** Those that failed on runners of somebody's own; none before it is completed, and none of a run that was cancelled. */
  readonly jobs: readonly RunJob[]
}

/** What came of an order to run again, as a sentence's end. */
export interface Again {
  readonly ordered: boolean
  readonly said: string
}

/** What a launch with `no-retry` says, where whoever looks for interrupted runs finds it. */
export const noRetryMark = 'This run is not to be started again when its machine is taken away (no-retry).'
