import type { Outputs } from './host.ts'

/** GitLab takes a dotenv report of less than 5 KB. */
const largest = 5 * 1024

/** Before each name, unless `output-prefix` says otherwise: `REGION` alone would win over a later job's own variable. */
export const standardPrefix = 'CML_'

export interface Dotenv {
  readonly text: string
  /** Names of outputs that the format cannot carry, or that no longer fitted. */
  readonly left: readonly string[]
}

/**
 * The outputs as a dotenv report: `CML_INSTANCE_IP=…`, one a line, `prefix` before each name. GitLab allows 20 variables on its free tier (there are
 * fewer), no line break in a value, cuts blanks at its ends, and replaces `$NAME` in it: a value that would not arrive as it is stays out.
 * `runners` comes last, so that it is the one that goes when all together are too large.
 * Source: GitLab docs, "artifacts:reports:dotenv"; app/services/ci/parse_dotenv_artifact_service.rb.
 */
export function renderDotenv(outputs: Outputs, prefix: string): Dotenv {
  const left: string[] = []
  let text = ''
  for (const [name, value] of Object.entries(outputs)) {
    const shown = String(value)
    const line = `${prefix}${outputVariable(name)}=${shown}\n`
    const fits = Buffer.byteLength(text) + Buffer.byteLength(line) < largest
    if (fits && /^(\S([^\p{Cc}\u2028\u2029]*\S)?)?$/u.test(shown) && !shown.includes('$')) text += line
    else left.push(name)
  }
  return { text, left }
}

/**
 * `instanceLaunchTime` → `INSTANCE_LAUNCH_TIME`. Those of the runner go without that word, `runnerName` → `NAME`: with the usual prefix it
 * would be CML_RUNNER_NAME, which is an option, and later jobs of the pipeline would obey it.
 */
export function outputVariable(name: string): string {
  const word = name.replace(/^runner(?=[A-Z])/, '')
  return (word.charAt(0).toLowerCase() + word.slice(1))
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()
}
