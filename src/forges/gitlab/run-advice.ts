/** A pipeline of its own, run by a schedule: nothing at GitLab begins when a pipeline has ended. */
export const advice: readonly string[] = [
  'Should the machine be taken away, this starts the pipeline again, run by a schedule (Build > Pipeline schedules):',
  'include:',
  '  - component: $CI_SERVER_FQDN/<where this component is>/rerun@<its version>',
  '    rules: [{ if: $CI_PIPELINE_SOURCE == "schedule" }]',
  'Its token needs the scope `api`. With `no-retry` nothing is started again, and this is not said.',
]
