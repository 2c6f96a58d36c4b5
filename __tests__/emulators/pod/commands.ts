import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const ownCurl = join(import.meta.dirname, '../machine/curl.cjs')

/**
 * Writes what stands before the host's programs in a container, into a folder; returns the PATH. A container has no init, no sudo of its own
 * and no Docker; who its user is, its image says.
 */
export function writeCommands(folder: string, { uid, jobPath }: { uid: number; jobPath: string }): string {
  mkdirSync(folder)
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}`)
    chmodSync(join(folder, name), 0o755)
  }
  const user = uid === 0 ? 'root' : 'runner'
  write('id', `case "$*" in -u|-g) echo ${uid} ;; -un) echo ${user} ;; *) exec /usr/bin/id "$@" ;; esac\n`)
  write('whoami', `echo ${user}\n`)
  for (const name of ['docker', 'systemctl']) write(name, `echo "sh: 1: ${name}: not found" >&2\nexit 127\n`)
  // A fresh Debian has none.
  if (!jobPath.split(delimiter).some((path) => existsSync(join(path, 'curl'))))
    write('curl', `exec '${process.execPath}' '${ownCurl}' "$@"\n`)
  return `${folder}${delimiter}${jobPath}`
}
