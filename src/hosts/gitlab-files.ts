import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../lib/log.ts'
import { Failure } from '../model/failure.ts'
import type { Host } from './host.ts'
import type { Variables } from './origin.ts'

type State = Pick<Host, 'saveState' | 'readState'>

/**
 * What another job left in a folder that both use must not pass for this one's outputs, nor tell its after_script which machine to end.
 * What cannot be removed is the end of the job: it would be believed.
 */
export function forget({
  reports,
  state,
}: {
  readonly reports: readonly string[]
  readonly state?: string
}): void {
  const remove = (path: string, recursive: boolean): void => {
    try {
      rmSync(path, { force: true, recursive })
    } catch (error) {
      throw new Failure('failed-precondition', {
        tried: `remove ${path}, which an earlier job may have left`,
        said: reasonOf(error),
        why: 'It has the name of a file that this job is going to write, and what stands in it would be taken for what this job did.',
        fix: "let the job's user write to the project's folder, and remove what lies there under that name.",
      })
    }
  }
  for (const report of reports) remove(report, false)
  if (state !== undefined) remove(state, true)
}

export function statePath({ CI_PROJECT_DIR = '', CI_JOB_ID = '' }: Variables): string {
  return join(CI_PROJECT_DIR, `.cml-runner-state-${CI_JOB_ID}.json`)
}

/**
 * What the script leaves for the after_script, which is another shell and, with some executors, another container: only the project's
 * folder is sure to be the same (GitLab docs, "after_script"). The file is named after the job, since the folder may see other jobs; it holds no secret.
 * The script never reads it: what it writes is what it said itself.
 */
export function stateOf(stage: 'main' | 'post', path: string, log: Log): State {
  let kept = stage === 'post' ? readStateFile(path) : new Map<string, string>()
  return {
    saveState(name, value) {
      kept = new Map([...kept, [name, value]])
      try {
        replaceFile(path, JSON.stringify(Object.fromEntries(kept)), 0o600)
      } catch (error) {
        log.debug(`No state for the after_script: ${reasonOf(error)}`)
      }
    },
    readState: (name) => kept.get(name),
  }
}

/** Bytes; ours has a few hundred, whoever may have written to the folder. */
const largestState = 64 * 1024

/** Empty for anything that is no record of texts. */
function readStateFile(path: string): ReadonlyMap<string, string> {
  try {
    const { size } = lstatSync(path)
    const data = size > largestState ? {} : (JSON.parse(readFileSync(path, 'utf8')) as unknown)
    const entries = typeof data === 'object' && data !== null ? Object.entries(data) : []
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return new Map()
  }
}

/** Whole or not at all, and never through a link that somebody put there. */
export function replaceFile(path: string, text: string, mode: number): void {
  const fresh = `${path}.${process.pid}`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, text, { flag: 'wx', mode })
  renameSync(fresh, path)
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
