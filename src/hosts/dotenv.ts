import type { Outputs } from './host.ts'

/** GitLab takes a dotenv report of less than 5 KB. */
const largest = 5 * 1024

export interface Dotenv {
  readonly text: string
  /** Names of outputs that the format can not carry, or that no longer fitted. */
  readonly left: readonly string[]
}

/**
 * The outputs as a dotenv report: `INSTANCE_IP=…`, one a line, `prefix` before each name. GitLab allows 20 variables on its free tier (there are
 * fewer), no line break in a value, cuts blanks at its ends, and replaces `$NAME` in it: a value that would not arrive as it is stays out.
 * `runners` comes last, so that it is the one that goes when all together are too large.
 * Source: GitLab docs, "artifacts:reports:dotenv"; app/services/ci/parse_dotenv_artifact_service.rb.
 */
export function renderDotenv(outputs: Outputs, prefix = ''): Dotenv {
  const left: string[] = []
  let text = ''
  for (const [name, value] of Object.entries(outputs)) {
    const shown = String(value)
    const line = `${prefix}${upperSnake(name)}=${shown}\n`
    const fits = Buffer.byteLength(text) + Buffer.byteLength(line) < largest
    if (fits && /^(\S([^\p{Cc}\u2028\u2029]*\S)?)?$/u.test(shown) && !shown.includes('$')) text += line
    else left.push(name)
  }
  return { text, left }
}

/** `instanceLaunchTime` → `INSTANCE_LAUNCH_TIME`. */
export function upperSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}
