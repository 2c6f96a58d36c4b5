import type { ForgeContext } from '../forge.ts'

const said =
  'Should the machine be taken away, this starts the pipeline again, run by a schedule (Build > Pipeline schedules):'

/**
 * A pipeline of its own, run by a schedule: nothing at GitLab begins when a pipeline has ended. A job of the component knows the words that call the program,
 * and no job where the component is.
 */
export function adviceFor(
  calledBy: string | undefined,
  { CI_JOB_IMAGE }: ForgeContext['variables'],
): readonly string[] {
  const lines = calledBy
    ? [
        'rerun:',
        '  rules: [{ if: $CI_PIPELINE_SOURCE == "schedule" }]',
        `  image: ${JSON.stringify(CI_JOB_IMAGE || 'node:24')}`,
        '  variables: { GIT_STRATEGY: none }',
        `  script: [${JSON.stringify(`${calledBy} rerun`)}]`,
      ]
    : [
        'include:',
        '  - component: $CI_SERVER_FQDN/<where the component is>/rerun@<its version>',
        '    rules: [{ if: $CI_PIPELINE_SOURCE == "schedule" }]',
      ]
  return [
    said,
    ...lines,
    'Its token needs the scope `api`. With `no-retry` nothing is started again, and this is not said.',
  ]
}
