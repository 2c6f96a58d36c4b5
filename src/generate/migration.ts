import type { Catalogue } from '../options/catalogue.ts'
import { foreignOptions, foreignVariables } from '../options/foreign.ts'
import { variableOf } from '../options/spelling.ts'
import { codes } from './describe.ts'
import { cell } from './readme.ts'

/**
 * Every option of CML's two pages and of its later code that means something here, in the order of its help, with what differs. The
 * documentation prints it, and a test holds it against the pages and the program.
 */
const differences: Readonly<Record<string, string>> = {
  labels:
    'The same: labels at GitHub, tags at GitLab. Every runner also carries `cml-<id>`, which only it has, and `cml-at-<cloud>-<region>`. Items are separated by commas.',
  name: 'The runner has the name that you give, or `cml-<id>` without one. CML registered cloud runners under an id derived from it.',
  'idle-timeout':
    'The same, 300 seconds by default. `never`, which CML’s help names and its parser refuses, works; so do `0`, negative numbers and durations such as `15m`. A runner that executes a job is never ended by it.',
  'no-retry':
    'The same: the run is left as it is when its machine is taken away. Without it, [`rerun`](rerun.md) starts it again, where that is set up. CML’s own parser refused the bare flag.',
  single: 'The same: one job, an ephemeral registration.',
  reuse:
    'The same, and only runners that are online count, by name and by labels. CML also looked at the names of dead ones, and the job then waited for ever. Its cloud runners never had the name that was given.',
  'reuse-idle':
    'The same. A runner that has the name and is busy is an error, since two cannot have one name.',
  driver:
    '`github` or `gitlab`, inferred in the same way. `bitbucket` is refused: there is no launch for its runners here, and CML stays the tool for them.',
  repo: 'The same, and inferred in the same way.',
  token:
    'The same, and inferred in the same way. It stays with the launcher: the machine gets a registration of its own.',
  log: 'The same.',
  workdir:
    'The runner’s work folder on the machine. CML’s `--workdir` held the whole runner program, and on the launching machine Terraform’s state.',
  'docker-volumes':
    'The same at GitLab, where jobs run in containers. Elsewhere it is ignored with a warning, as CML ignored it: a job of GitHub names its volumes itself, in `container.volumes`.',
  cloud:
    '`aws`, `gcp`, `azure` and `kubernetes`. Several are tried in order. Without it a command line makes this very machine the runner, as with CML; inside CI that is refused, unless `none` says so ([more](on-premise.md)).',
  'cloud-region':
    'The same words, and native regions and zones of AWS, GCP and Azure. A list is tried in order.',
  'cloud-type':
    'The same words and native types. A list is tried in order. Sizes whose hardware AWS does not sell any more (`m+k80`, `m+v100`) get the nearest sold, with a warning that names both; a native type that is not sold (p2, most of p3) is refused with its successor named. Architecture follows the type, arm64 included; CML knew x86-64 alone.',
  'cloud-gpu': 'The same, more models, and joined to a generic `cloud-type`.',
  'cloud-hdd-size':
    'The same, 35 GB by default, and larger where the image needs it. `100GB` is taken too. The disks of virtual machines are encrypted.',
  'cloud-spot':
    'The same. Here AWS answers at once and the next choice is tried; CML waited up to ten minutes for a request to be fulfilled.',
  'cloud-spot-price':
    'The same, with one difference: without `--cloud-spot` CML ignored it, and here it is refused, since the machine would cost more than that.',
  'cloud-permission-set':
    'The same: on AWS the ARN of an instance profile, on GCP a service account with its scopes. `cloud-permission-set` in [the table](inputs.md) has the other clouds. The ARN on CML’s page is refused, since its account number has ten digits and AWS’s have twelve.',
  'cloud-metadata':
    'The same, as tags on the instance, its disk and its network interface: repeated, separated by blanks (`--cloud-metadata a=1 b=2`) or by commas. A key without `=` is refused; CML set it to nothing.',
  'cloud-startup-script':
    'The same encoding, and still as root before the runner starts. It runs as a file of its own under its own `#!` line; a failure fails the launch and its output is shown. CML pasted the text into its start script, where a failing line went unnoticed. A script that adds SSH keys works; port 22 stays closed unless your security group opens it.',
  'cloud-ssh-private':
    'The public half goes to the machine; no key pair is created at AWS, and none is generated when the option is absent. Nothing is opened: [logging in](logging-in.md) has a way for each cloud.',
  'cloud-aws-security-group':
    'The same: a name or `sg-…`; several are taken. Without it, the default group of the VPC; nothing is created.',
  'cloud-aws-subnet': 'The same. A list is tried in order.',
  'cloud-image':
    '`ami-…`, or `owner/name`. CML took a bare name from any owner, so that anybody could publish an image of that name; and an unknown name silently became Ubuntu 18.04. Here the owner is required and an unknown image is an error. [The table](inputs.md) has the images of the other clouds.',
  'cloud-kubernetes-node-selector': 'The same.',
}

/** The table of options. Those of no use here follow at the end, all in one row. */
export function renderMigration({ table }: Catalogue): string {
  const rows = Object.entries(differences).map(([name, here]) => {
    const row = table[name]
    if (row === undefined && foreignOptions[name] === undefined)
      throw new RangeError(`There is no option ${name} to compare with CML's`)
    const also = (row?.aliases ?? []).map((alias) => `--${alias}`)
    return `| ${codes([`--${name}`, ...also])} | ${cell(here)} |`
  })
  const needless = Object.entries(foreignOptions).filter(([, { harmless }]) => harmless)
  const names = codes(needless.map(([name]) => `--${name}`))
  const ours = Object.keys(table).filter((name) => differences[name] === undefined)
  return [
    '| option | here |',
    '| --- | --- |',
    ...rows,
    `| ${names} | No use here: ignored with a warning. They steered Terraform, Docker Machine and CML’s own program on the machine, none of which is used. |`,
    '',
    `New here: ${codes(ours)}.`,
  ].join('\n')
}

/** The table of variables: CML's own names beside `CML_RUNNER_<OPTION>`. */
export function renderMigrationVariables({ table }: Catalogue): string {
  const names = (pick: 'environment' | 'oldNames'): readonly (readonly [string, string])[] =>
    Object.entries(table).flatMap(([option, row]) => (row[pick] ?? []).map((name) => [name, option] as const))
  const line = (name: string, here: string): string => `| \`${name}\` | ${here} |`
  return [
    '| variable | here |',
    '| --- | --- |',
    ...names('environment').map(([name, option]) => line(name, `Read as \`${option}\`.`)),
    ...names('oldNames').map(([name, option]) =>
      line(name, `Read as \`${option}\`, with a warning to write \`${variableOf(option)}\`.`),
    ),
    ...Object.entries(foreignVariables).map(([name, option]) =>
      line(
        name,
        `Not read, with a warning: on a self-hosted runner it describes that runner. Write \`${variableOf(option)}\`.`,
      ),
    ),
    line('RUNNER_NAME', 'Not read: GitHub sets it in every job. Write `CML_RUNNER_NAME`.'),
  ].join('\n')
}
