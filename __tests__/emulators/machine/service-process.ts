import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

import { parseExec } from './unit-file.ts'

export interface Surroundings {
  /** Folder that stands for `/`. */
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  /** File that takes what is printed. */
  readonly journal: string
}

export interface ServiceProcess {
  readonly pid: number
  /** Exit code, or the signal's name; 203 for what cannot be executed, as in systemd.exec(5). */
  readonly ended: Promise<number | string>
}

/** Executes an Exec line as the leader of a session. */
export function startProcess(line: string, { root, env, journal }: Surroundings): ServiceProcess {
  const { words, mayFail } = parseExec(line)
  const [program = '', ...rest] = words
  const out = openSync(journal, 'a')
  const child = spawn(program, rest, { cwd: root, env, detached: true, stdio: ['ignore', out, out] })
  closeSync(out)
  const ended = new Promise<number | string>((resolve) => {
    child.on('error', () => resolve(mayFail ? 0 : 203))
    child.on('exit', (code, name) => resolve(mayFail ? 0 : (code ?? name ?? 'unknown')))
  })
  return { pid: child.pid ?? -1, ended }
}
