import type { RunnerProgram } from './runner-program.ts'

/** The half of a forge on a machine that was there before its runner and stays behind it. */
export interface OwnProgram {
  readonly program: RunnerProgram
  /** Files in the program's folder by which it takes itself for registered: those of an earlier runner are removed. */
  readonly settings: readonly string[]
  /** Without these it refuses to work for root. */
  readonly asRoot: Readonly<Record<string, string>>
}
