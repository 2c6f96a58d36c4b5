import type { Outputs, ResultName } from '../hosts/host.ts'

/** What a launch hands on, for people: action.yml, help and docs/inputs.md print this table. */
export const outputs: Readonly<Record<keyof Outputs, string>> = {
  instanceIp: 'Public address of the machine, else its private one.',
  instanceId: "The cloud's id of the machine.",
  instanceType: 'Type of the machine that was got, such as `g4dn.xlarge`.',
  instanceLaunchTime: 'When the machine was launched, in ISO 8601.',
  cloud: 'Cloud the machine is on.',
  region: 'Region of the machine, or its zone where there is one.',
  spot: '`true` when it is a spot machine.',
  price: 'What an hour of the machine costs in USD, as far as that is known; else empty.',
  runnerName: 'Name of the runner as the CI shows it.',
  runnerLabels: 'All labels of the runner, separated by commas.',
  label: 'The label that only this runner carries, `cml-<id>`.',
  runsOn:
    'JSON list for `runs-on`, to be read with `fromJSON`: a job with it runs on this very machine. Of a runner that was there: the labels that were asked for.',
  expiresAt: 'When the machine ends at the latest, busy or not, in ISO 8601.',
  reused: '`true` when a runner that was already there is used.',
  runners: 'JSON list with one object of these values for each runner.',
}

/** What the other commands tell a step of GitHub Actions, as JSON. */
export const results: Readonly<Record<ResultName, string>> = {
  launches: 'Of `list`: JSON list with one object for each machine, and for each registration without one.',
  removed: 'Of `stop` and `sweep`: what was removed, in JSON.',
  candidates: 'Of a dry run: JSON list of what would be tried in this order, or removed.',
}
