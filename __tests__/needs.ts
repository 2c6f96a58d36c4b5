import { describe, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'

/**
 * Where programs are missing, what needs them is left out, and one line says so: a fresh machine with Node and npm alone must not fail for
 * want of others.
 */
function areHere(programs: readonly string[]): boolean {
  const missing = programs.filter((program) => !isHere(program))
  const file = basename(expect.getState().testPath ?? '')
  if (missing.length > 0)
    process.stderr.write(`Some of ${file} is left out, for want of ${missing.join(' and ')}.\n`)
  return missing.length === 0
}

function isHere(program: string): boolean {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' })
  return (error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT'
}

const { skip: skipGroup } = describe
const { skip: skipTest } = test

/** `describe`, where these programs are. */
export const describeWith = (programs: readonly string[]): typeof describe | typeof skipGroup =>
  areHere(programs) ? describe : skipGroup

/** `test`, where these programs are. */
export const testWith = (programs: readonly string[]): typeof test | typeof skipTest =>
  areHere(programs) ? test : skipTest
