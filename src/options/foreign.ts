import { variableOf } from './spelling.ts'

/** An option or variable that people bring along from CML, and that nothing here reads. */
export interface Foreign {
  /** What to know about it, as a sentence. */
  readonly say: string
  /** Nothing is missed without it: it is told and left aside. Others are refused. */
  readonly harmless?: true
  /** It takes no value on a command line. */
  readonly flag?: true
}

const needless: Foreign = { say: 'It is known from CML and has no use here: leave it out.', harmless: true }

export const foreignOptions: Readonly<Record<string, Foreign>> = {
  retry: { say: 'CML knew it as `no-retry`.', flag: true },
  count: { say: 'It is not available in this version.' },
  'retry-token': { say: 'It is not available in this version.' },
  'tf-resource': needless,
  'tpi-version': needless,
  'cml-version': needless,
  'destroy-delay': needless,
  'docker-machine': needless,
  'cloud-ssh-private-visible': { ...needless, flag: true },
  // CML declared these two for its own machines alone.
  'gcp-access-token': needless,
  'runner-path': needless,
}

/**
 * Variables that CML read as options and that are not read here: runner programs and their controllers set them on their machines, where they
 * speak of another runner. RUNNER_NAME is not among them: GitHub sets it in every job, so nobody means anything by it.
 */
export const foreignVariables: Readonly<Record<string, string>> = {
  RUNNER_LABELS: 'labels',
  RUNNER_REPO: 'repo',
}

/** What to say of a foreign variable that is set: nothing where its option is given in another way. */
export function foreignVariableLines(
  variables: Readonly<Record<string, string | undefined>>,
  given: { has(option: string): boolean },
): readonly string[] {
  return Object.entries(foreignVariables)
    .filter(([variable, option]) => variables[variable]?.trim() && !given.has(option))
    .map(
      ([variable, option]) =>
        `The variable ${variable}, which CML read as \`${option}\`, is not read: on a self-hosted runner it describes that runner. Where it was meant for this launch, write ${variableOf(option)}.`,
    )
}
