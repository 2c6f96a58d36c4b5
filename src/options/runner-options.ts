import { pageAt } from '../model/pages.ts'
import { option } from './option.ts'

const everywhere = ['launch', 'stop', 'sweep', 'list', 'rerun'] as const

/** GitHub ends a job on a self-hosted runner after five days. */
const longestJob = '5d'

/** Seconds: the most that `max-lifetime` takes, whatever a cloud would let a machine live. */
export const longestLifetime = 30 * 86_400

/** Labels that every runner gets from us. A runner with a foreign one would be taken for another launch's. */
const reservedLabel = /^cml-([a-z2-7]{20}$|at-|run-|name-|runner-managed$)/i

// RUNNER_NAME, RUNNER_LABELS and RUNNER_REPO are no old names of ours although CML read them (`foreignVariables` tells why).

const aboveZero = (amount: number | string): string | undefined =>
  Number.isInteger(amount) && Number(amount) > 0 ? undefined : 'a whole number above 0'

/** Options of the runner and the launch, whatever the cloud and the forge. */
export const runnerOptions = {
  labels: option({
    kind: 'list',
    refusedBy: { stop: 'Say which launches are meant by `name` or `instance-id`.' },
    default: 'cml',
    description:
      'Labels of the runner. Every runner also carries the unique label `cml-<id>` (output `label`), so that a job can ask for this very machine.',
    check: (labels) => {
      if (labels.some((label) => label.length > 256)) return 'labels of at most 256 characters'
      return labels.some((label) => reservedLabel.test(label))
        ? 'labels other than `cml-<id>`, `cml-at-…`, `cml-in-…`, `cml-run-…`, `cml-name-…` and `cml-runner-managed`: these are cml-runner’s own, and tell which runner is whose'
        : undefined
    },
  }),
  name: option({
    kind: 'text',
    commands: ['launch', 'stop'],
    description:
      'Name of the runner as the CI shows it; `cml-<id>` when absent. An offline registration of that name is deleted first, an online one is an error, or with `reuse` the runner that is used. Launches of one step need a name each: those in one composite action, or several command lines in one job.',
    check: (name) =>
      /^[^\p{Cc}\s][^\p{Cc}]{0,63}$/u.test(name) ? undefined : '1 to 64 characters on one line',
  }),
  'idle-timeout': option({
    kind: 'duration',
    default: '300',
    oldNames: ['RUNNER_IDLE_TIMEOUT'],
    description:
      'How long the machine waits for a job before it ends, counted from its start and again from the end of each job: seconds, or `90s`, `15m`, `1.5h`. `0`, negative numbers and `never` mean no timeout. A busy runner is never ended by it.',
  }),
  single: option({
    kind: 'flag',
    oldNames: ['RUNNER_SINGLE'],
    excludes: {
      names: ['reuse', 'reuse-idle'],
      why: 'A runner for one job is there for nobody else.',
    },
    description: 'Run one job, then end the machine (an ephemeral registration).',
  }),
  'no-retry': option({
    kind: 'flag',
    oldNames: ['RUNNER_NO_RETRY'],
    description:
      'Do not run the workflow again after its machine was taken away: `rerun` leaves this run alone. Without it nothing restarts by itself either, and the launch says what would.',
  }),
  reuse: option({
    kind: 'flag',
    promise: 'that no second machine is launched',
    oldNames: ['RUNNER_REUSE'],
    excludes: { names: ['reuse-idle'], why: 'The one takes a runner that has a job, the other does not.' },
    description:
      'Launch nothing when an online runner of the repository, organisation, project or group has the name or carries all the labels, busy or not, whoever made it. The outputs then describe that runner, and nothing of it is removed.',
  }),
  'reuse-idle': option({
    kind: 'flag',
    promise: 'that no second machine is launched',
    description: 'The same as `reuse`, but only a runner without a job counts.',
  }),
  workdir: option({
    kind: 'text',
    aliases: ['path'],
    oldNames: ['RUNNER_PATH'],
    description: "The runner's work folder on the machine. `_work` in the runner's own folder when absent.",
  }),
  'max-lifetime': option({
    kind: 'duration',
    default: longestJob,
    description:
      'How long the machine lives at most, from `10m` to `30d`. Then it is ended, busy or not, and from outside wherever the cloud can.',
    check: (seconds) =>
      seconds >= 600 && seconds <= longestLifetime ? undefined : 'a duration from 10m to 30d',
  }),
  'launch-timeout': option({
    kind: 'duration',
    default: '10m',
    description:
      'How long a launch may take until the runner is online, from `10s` to `6h`. Past it the boot log is shown and everything is removed.',
    check: (seconds) => (seconds >= 10 && seconds <= 6 * 3600 ? undefined : 'a duration from 10s to 6h'),
  }),
} as const

/** What `cloud` says where the machine at hand is to be the runner. */
export const thisMachine = 'none'

/** Options of the machine at hand, where that is the runner. */
export const hereOptions = {
  user: option({
    kind: 'text',
    promise: 'whom jobs run as',
    description:
      'User that jobs run as, where this machine itself is the runner and was started as root. Without it they run as whoever starts it.',
    check: (name) =>
      /^[a-z_][a-z0-9_.-]{0,30}\$?$/i.test(name) ? undefined : 'the name of a user of this machine',
  }),
} as const

/** Options of the machine that every cloud understands. */
export const machineOptions = {
  'cloud-region': option({
    kind: 'list',
    commands: everywhere,
    description:
      '`us-east`, `us-west`, `eu-west`, `eu-north`, or native regions or zones. Several are tried in order; when absent, each cloud has its own. `stop`, `sweep` and `list` look in every region of the account when it is absent.',
  }),
  'cloud-type': option({
    kind: 'list',
    default: 'm',
    description:
      '`m`, `l`, `xl`, with a GPU `m+t4`, `m+v100` …, or native types. Several are tried in order.',
  }),
  'cloud-gpu': option({
    kind: 'text',
    description:
      'GPU joined to a generic `cloud-type`: `nogpu`, `k80`, `v100`, `tesla`, `t4`, `l4`, `a10g`, `l40s`, `a100`, `h100`, or what else your cloud’s page names. Models no longer sold get the nearest one that is, with a warning.',
  }),
  'cloud-hdd-size': option({
    kind: 'amounts',
    linePerCloud: true,
    default: '35',
    placeholder: 'GB',
    units: ['gb', 'g', 'gib'],
    description: 'Size of the disk in GB; more where the image needs it.',
    check: (gb) =>
      Number.isInteger(gb) && Number(gb) >= 1 && Number(gb) <= 65536
        ? undefined
        : 'a whole number of GB from 1 to 65536',
  }),
  'cloud-hdd-type': option({
    kind: 'text',
    linePerCloud: true,
    description: "Kind of the disk, in the cloud's own words.",
  }),
  'cloud-hdd-iops': option({
    kind: 'amounts',
    linePerCloud: true,
    placeholder: 'per second',
    description: 'Operations per second of the disk, where its kind lets them be chosen.',
    check: aboveZero,
  }),
  'cloud-hdd-throughput': option({
    kind: 'amounts',
    linePerCloud: true,
    placeholder: 'MiB per second',
    description: 'MiB per second of the disk, where its kind lets them be chosen.',
    check: aboveZero,
  }),
  'cloud-spot': option({ kind: 'flag', description: 'Ask for a spot machine.' }),
  'cloud-spot-price': option({
    kind: 'number',
    default: '-1',
    onlyWith: { 'cloud-spot': 'true' },
    promise: 'a price no higher than that',
    asksNothing: -1,
    placeholder: 'USD per hour',
    description: 'Highest spot price in USD per hour; `-1` means the current price.',
    check: (price) => (price === -1 || price > 0 ? undefined : '-1 or a price above 0'),
  }),
  'cloud-spot-fallback': option({
    kind: 'flag',
    onlyWith: { 'cloud-spot': 'true' },
    description: 'Take an on-demand machine when no spot machine can be had.',
  }),
  'cloud-public-address': option({
    kind: 'choice',
    choices: ['auto', 'always', 'never'],
    default: 'auto',
    description:
      'A public address for the machine: `auto` asks for one where the place assigns none and its way out needs one, `always` asks for one, `never` gives it none, even where the place would assign one.',
  }),
  'cloud-permission-set': option({
    kind: 'text',
    linePerCloud: true,
    description: 'Permissions of the machine itself.',
  }),
  'cloud-metadata': option({
    kind: 'pairs',
    greedy: true,
    description: 'Tags (`key=value`, repeatable) of everything that is created.',
  }),
  'cloud-image': option({
    kind: 'text',
    linePerCloud: true,
    description: 'Machine image; an unknown one is an error.',
  }),
  'machine-proxy': option({
    kind: 'text',
    concealed: true,
    placeholder: 'url|none',
    description:
      'The machine’s own way out, when it is not the launcher’s: the address of a proxy, such as `http://squid.internal:3128`, or `none`. When absent, the proxy of the launching job is passed on, with its exceptions, unless it is on that job’s own machine.',
  }),
  'machine-no-proxy': option({
    kind: 'list',
    description:
      'What the machine reaches without its proxy: hosts, domains (`.internal`), networks (`10.0.0.0/8`). With `machine-proxy` it is `localhost,127.0.0.1,::1` when absent. The cloud’s metadata service always belongs to it.',
    check: (hosts) =>
      hosts.every((host) => /^[\w.:[\]-]+(\/\d+)?$|^\*\.[\w.-]+$/.test(host))
        ? undefined
        : 'hosts, domains or networks, such as `db.example,.internal,10.0.0.0/8`',
  }),
  'cloud-startup-script': option({
    kind: 'text',
    multiline: true,
    concealed: true,
    description:
      'Base64 of a script that runs as root, under its own `#!` line or else bash, before the runner comes online. Its failure fails the launch.',
  }),
  'cloud-ssh-private': option({
    kind: 'secret',
    description:
      'RSA private key (PEM) for debugging. Its public half goes to the machine; no key pair is created and no port is opened.',
  }),
} as const

/** Options of the call itself. */
export const callOptions = {
  driver: option({
    kind: 'text',
    commands: everywhere,
    environment: ['CML_DRIVER'],
    oldNames: ['RUNNER_DRIVER'],
    description: 'Where the runner registers. Inferred from the environment or `repo` when absent.',
  }),
  repo: option({
    kind: 'url',
    commands: everywhere,
    environment: ['CML_REPO'],
    required: {
      say: 'Give the web address of the repository or organisation: neither the CI environment nor a git remote told it.',
    },
    description:
      'Repository or organisation the runner belongs to, as its web address. Inferred from the CI environment or the git remote when absent.',
  }),
  token: option({
    kind: 'secret',
    commands: everywhere,
    aliases: ['driver-token'],
    environment: [
      'CML_TOKEN',
      'CML_DRIVER_TOKEN',
      'REPO_TOKEN',
      'repo_token',
      'GITHUB_TOKEN',
      'GITLAB_TOKEN',
    ],
    required: { say: 'Give a token that may register runners, best from a secret.' },
    // It travels in a header, which takes nothing else.
    check: (token) =>
      /^[\x21-\x7e]+$/.test(token.reveal())
        ? undefined
        : 'a token: one line of ASCII letters, digits and signs',
    description: `Token that may register runners, best from a secret. A job's own \`GITHUB_TOKEN\` or \`CI_JOB_TOKEN\` cannot. The rights that it needs: ${pageAt('docs/github.md#the-token-for-github')} and ${pageAt('docs/gitlab.md#the-token-for-gitlab')}.`,
  }),
  cloud: option({
    kind: 'choices',
    commands: everywhere,
    needed(command, inCi) {
      if (command === 'rerun' || command === 'doctor') return undefined
      if (command !== 'launch') return 'Name a cloud to look in.'
      return inCi
        ? 'Name a cloud. Inside CI a value that is not set must not make the machine of this job a runner; if that is what you want, give `none`.'
        : undefined
    },
    check: (names) =>
      names.length > 1 && names.includes(thisMachine) ? 'clouds, or `none` alone' : undefined,
    description:
      'The cloud to launch the machine in, or to look in; of several each has its turn, in this order. `none` makes this very machine the runner, in the foreground, until it has been idle; so does a launch on a command line outside CI that names no cloud.',
  }),
  'dry-run': option({
    kind: 'flag',
    commands: ['launch', 'sweep'],
    promise: 'that nothing is done',
    refusedBy: { stop: '`list` shows what there is to stop.' },
    description: 'Print what a launch or a sweep would do, on stdout, and do nothing.',
  }),
  'instance-id': option({
    kind: 'list',
    commands: ['stop'],
    description:
      'Machines to stop, by the id the cloud gave them (output `instanceId`), whatever run they belong to. Without it `stop` ends every launch of this run, or those called `name`.',
  }),
  'run-id': option({
    kind: 'text',
    commands: ['rerun'],
    description:
      'The run, or at GitLab the pipeline, to start again if its machine was taken away, by the number in its address. When absent it is the run of a `workflow_run` event, else all that failed within a day.',
    check: (id) => (/^\d{1,20}$/.test(id) ? undefined : 'the number of a run or pipeline'),
  }),
  json: option({
    kind: 'flag',
    commands: ['list', 'launch'],
    description: 'Print the list, what `dry-run` tells of a launch, or what `doctor` found, as JSON.',
  }),
  log: option({
    kind: 'choice',
    commands: everywhere,
    choices: ['error', 'warn', 'info', 'debug'],
    environment: ['CML_LOG'],
    default: 'info',
    description: 'How much is logged.',
  }),
} as const
