import { describe, expect } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'

/** True where a program of that name can be started. */
const isThere = (program: string): boolean =>
  (spawnSync(program, ['--version'], { stdio: 'ignore' }).error as NodeJS.ErrnoException | undefined)
    ?.code !== 'ENOENT'

/**
 * `describe`, where these programs are; else what its tests would show is left out, and one line says so. What a fresh machine with Node and npm
 * alone lacks must not fail there.
 */
export function describeWith(
  programs: readonly string[],
  there: (program: string) => boolean = isThere,
): typeof describe | typeof describe.skip {
  const missing = programs.filter((program) => !there(program))
  if (missing.length === 0) return describe
  const { skip } = describe
  process.stderr.write(
    `Left out in ${basename(expect.getState().testPath ?? '')}, for want of ${missing.join(' and ')}.\n`,
  )
  return skip
}
