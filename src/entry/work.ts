/** What is under way, for whoever must tell a person what becomes of it when it is cut short. */
export interface Work {
  /** What may be left of it: sentences; none when nothing can be. */
  left: () => readonly string[]
  /** What a post step that follows does about it, as a sentence; empty when it has nothing to do. */
  later: string
}

export function newWork(): Work {
  return { left: () => [], later: '' }
}
