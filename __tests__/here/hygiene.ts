import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scan, type Piece, type Secret } from '../chaos/secrets.ts'
import type { Box, Started } from './box.ts'

/** What a process shows to everybody of its user. */
function shownBy(pid: number): readonly Piece[] {
  const read = (name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1').replaceAll('\0', '\n')
    } catch {
      // It has ended meanwhile, or is another user's.
      return ''
    }
  }
  return [
    { place: 'arguments', text: read('cmdline') },
    { place: 'environment', text: read('environ') },
  ]
}

/** A command line that a person typed holds what they typed, until the process becomes another one; which it has, once it speaks of its work. */
const isTyped = ([words]: readonly Piece[]): boolean => words?.text.includes('\n--token\n') ?? false
const works = /Fetching| registering| listening/

const secretsOf = ({ token, emulator }: Pick<Box, 'token' | 'emulator'>): readonly Secret[] => [
  { kind: 'forge token', text: token },
  ...emulator
    .secrets()
    .filter((text) => text !== token)
    .map((text): Secret => ({ kind: 'registration', text })),
]

/** What can be read now of processes. Others on this computer show a token of the same text for a moment: those of a box tell its home. */
export function leaksOfProcesses(
  box: Pick<Box, 'token' | 'emulator' | 'home'>,
  started: readonly Started[],
): readonly string[] {
  const atWork = started.filter((one) => works.test(one.log())).map(({ pid }) => pid)
  const pieces = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid)
    .map((pid) => ({ pid, shown: shownBy(pid) }))
    .filter(({ shown }) => shown.some(({ text }) => text.includes(box.home)))
    .filter(({ pid, shown }) => atWork.includes(pid) || !isTyped(shown))
    .flatMap(({ shown }) => shown)
  return scan(secretsOf(box), pieces)
}

/** What is left to be read: files, and everything that was said. */
export function leaksOfTraces(
  box: Pick<Box, 'token' | 'emulator' | 'home'>,
  started: readonly Started[],
): readonly string[] {
  const files = readdirSync(box.home, { recursive: true, encoding: 'utf8' })
    .map((name) => join(box.home, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile())
  return scan(secretsOf(box), [
    ...files.map((path): Piece => ({ place: 'file', text: readFileSync(path, 'latin1') })),
    ...started.map((one): Piece => ({ place: 'log', text: one.log() })),
    ...started.map((one): Piece => ({ place: 'outputs', text: one.stdout() })),
  ])
}
