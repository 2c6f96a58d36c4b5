import type { ForgeContext } from '../forge.ts'

/**
 * A workflow of its own, since a run is started again once it has ended; line by line that of docs/examples/rerun.yml. GitHub tells a job of an action where that
 * came from.
 */
export function adviceFor(variables: ForgeContext['variables']): readonly string[] {
  const { GITHUB_WORKFLOW, GITHUB_ACTION_REPOSITORY, GITHUB_ACTION_REF } = variables
  const action = `${GITHUB_ACTION_REPOSITORY || 'org/cml-runner-action'}@${GITHUB_ACTION_REF || 'v1'}`
  return [
    'Should the machine be taken away, this starts the run again (.github/workflows/rerun.yml):',
    'on:',
    `  workflow_run: { workflows: [${plain(GITHUB_WORKFLOW || 'train')}], types: [completed] }`,
    "  schedule: [{ cron: '17 * * * *' }]",
    'permissions: { actions: write, checks: read }',
    'concurrency: rerun',
    'jobs:',
    '  rerun:',
    "    if: github.event.workflow_run.conclusion != 'success'",
    '    runs-on: ubuntu-latest',
    '    timeout-minutes: 30',
    '    steps:',
    `      - uses: ${action}`,
    "        with: { command: rerun, token: '${{ github.token }}' }",
    'With `no-retry` nothing is started again, and this is not said.',
  ]
}

/** Names that YAML could take for something else go into quotes. */
function plain(name: string): string {
  return /^(?!(?:true|false|null|yes|no|on|off)$)[a-z][\w-]*$/i.test(name) ? name : JSON.stringify(name)
}
