/** What the official program calls itself. */
export const identity = {
  name: 'gitlab-runner',
  version: '19.4.0',
  revision: '6f9d2f1b',
  platform: 'linux',
  architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
}

export type Level = 'info' | 'warning' | 'error' | 'fatal'

export type Fields = Readonly<Record<string, unknown>>

/** One line on stderr as logrus writes it with `--log-format json`: members in the order of their names. */
export function log(level: Level, msg: string, fields: Fields = {}): void {
  const entry: Record<string, unknown> = { ...fields, level, msg, time: stamp() }
  const sorted = Object.fromEntries(
    Object.keys(entry)
      .sort()
      .filter((key) => entry[key] !== undefined)
      .map((key) => [key, entry[key]]),
  )
  process.stderr.write(`${JSON.stringify(sorted)}\n`)
}

/** RFC 3339 with seconds, in UTC as machines have it. */
function stamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Ends the program as Go's `log.Fatal` does. */
export function fatal(msg: string): never {
  log('fatal', msg)
  process.exit(1)
}

/** The part of a token that logs may show: nine characters behind its prefix (helpers.ShortenToken). */
export function shorten(token: string): string {
  return token.replace(/^glrt-(t\d_)?/, '').slice(0, 9)
}
