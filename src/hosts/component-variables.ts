/** What the jobs of GitLab's component and the program in them call each other's variables. None of them is an option. */
export const componentVariables = {
  /** Path of the dotenv report, from the project's folder. */
  dotenv: 'CML_RUNNER_DOTENV',
  /** Path of the report with links, from there, too. */
  annotations: 'CML_RUNNER_ANNOTATIONS',
  /** `true` when the job's after_script calls `post`. */
  post: 'CML_RUNNER_POST',
  /** The words that call this program. */
  cli: 'CML_RUNNER_CLI',
  /** What the script around it reads for npm. */
  npmRegistry: 'CML_RUNNER_NPM_REGISTRY',
} as const

/**
 * What an input holds when nobody gave it, whatever its kind: so one that was given always wins, also where it says what would be so anyway. Not an
 * empty text, which GitLab before 18.1 lets no pattern match (gitlab-org/gitlab issue 477707).
 */
export const notGiven = '-'

const inputs = 'CML_RUNNER_INPUT_'
const logins = 'CML_RUNNER_LOGIN_'

/** Is it one of those that the script around the program reads to log in at a cloud? */
export function isLoginVariable(variable: string): boolean {
  return variable.startsWith(logins)
}

/** The variable that carries the input of an option: `cloud-spot` → `CML_RUNNER_INPUT_CLOUD_SPOT`. */
export function inputVariable(option: string): string {
  return inputs + option.toUpperCase().replaceAll('-', '_')
}

/** The option whose input a variable carries; undefined for any other variable. */
export function optionOfInput(variable: string): string | undefined {
  if (!variable.startsWith(inputs)) return undefined
  return variable.slice(inputs.length).toLowerCase().replaceAll('_', '-')
}
