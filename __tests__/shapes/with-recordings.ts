import { describe, expect } from '@jest/globals'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { folder } from './recordings.ts'

const { skip } = describe

/** `describe`, where the recordings are; where they are not, one line says so. */
export const withRecordings: typeof describe | typeof skip = areHere() ? describe : skip

function areHere(): boolean {
  if (folder !== undefined && existsSync(folder)) return true
  const file = basename(expect.getState().testPath ?? '')
  process.stderr.write(`Some of ${file} is left out: CML_RECORDINGS names no folder of recordings.\n`)
  return false
}
