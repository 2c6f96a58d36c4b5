/** How one call is made: what for, and until when. */
export interface Call {
  /** Reads after "Could not …". */
  readonly tried: string
  readonly signal?: AbortSignal | undefined
  /** Tries in all, the first included, of what is asked for again anyway; otherwise the signal's end decides. */
  readonly attempts?: number
}
