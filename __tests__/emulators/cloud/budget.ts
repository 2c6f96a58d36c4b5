/** How large a cloud's emulator may be. A test counts it, and can only be made to count less. */
export interface Budget {
  /** Of code, over the bases: comments, empty lines, tests and the table of `conformity.ts` are not counted. */
  readonly lines: number
  /** What is counted there, largest first, where it is more than `usual`. */
  readonly why: string
}

/** What a cloud's emulator should have at the most. */
export const usual = 1_200
