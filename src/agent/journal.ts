import type { Writable } from 'node:stream'

/** Lines to the system's journal. One that is gone (EPIPE after a restart of journald) costs its lines, not the machine. */
export function journalTo(stream: Writable): (line: string) => void {
  stream.on('error', () => undefined)
  return (line) => void stream.write(`${line}\n`)
}
