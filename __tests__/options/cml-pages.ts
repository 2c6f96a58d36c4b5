// CML's two reference pages, row by row: its page of self-hosted runners of early 2021 and its command reference of mid 2022, with what
// the newest code added to them. Source: content/docs/self-hosted-runners.md and content/docs/ref/runner.md of iterative/cml.dev;
// bin/cml/runner/launch.js of iterative/cml at a3a66c74.

export interface Row {
  /** As the page has it. */
  readonly said: string
  /** `2021`, `2022`, or `code` for what no page has. */
  readonly page: '2021' | '2022' | 'code'
  /** What a person types, after `cml-runner`; the surroundings give cloud, token and repository where the row does not. */
  readonly argv?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
  readonly at?: 'github' | 'gitlab'
  /** Options of the surroundings that are left out. */
  readonly without?: readonly string[]
  readonly here: Runs | Stands
}

/** It works: these values are what the program understands. */
export interface Runs {
  readonly values: Readonly<Record<string, unknown>>
}

/** It does not, or otherwise: the migration page says this about it, and the program says that. */
export interface Stands {
  readonly stands: string
  readonly says: RegExp
}

const runs = (values: Runs['values']): Runs => ({ values })
const stands = (text: string, says: RegExp): Stands => ({ stands: text, says })
const script = 'IyEvYmluL2Jhc2gKCmVjaG8gImhlbGxvIHdvcmxkIgo='
const profile = 'arn:aws:iam::123456789012:instance-profile/dvc-s3-access'
const selector = '--cloud-kubernetes-node-selector'
const account = 'my-sa@myproject.iam.gserviceaccount.com'

export const options: readonly Row[] = [
  { page: '2021', said: '--labels tf', argv: ['--labels', 'tf'], here: runs({ labels: ['tf'] }) },
  { page: '2022', said: '--labels=<...>', argv: ['--labels=a,b'], here: runs({ labels: ['a', 'b'] }) },
  {
    page: '2021',
    said: '--idle-timeout 180',
    argv: ['--idle-timeout', '180'],
    here: runs({ 'idle-timeout': 180 }),
  },
  {
    page: '2021',
    said: '--idle-timeout 0',
    argv: ['--idle-timeout', '0'],
    here: runs({ 'idle-timeout': 'never' }),
  },
  {
    page: '2022',
    said: '--idle-timeout=-1',
    argv: ['--idle-timeout=-1'],
    here: runs({ 'idle-timeout': 'never' }),
  },
  {
    page: 'code',
    said: '--idle-timeout=never',
    argv: ['--idle-timeout=never'],
    here: runs({ 'idle-timeout': 'never' }),
  },
  {
    page: 'code',
    said: '--idle-timeout=5min',
    argv: ['--idle-timeout=5min'],
    here: runs({ 'idle-timeout': 300 }),
  },
  {
    page: 'code',
    said: '--idle-timeout=1.5h',
    argv: ['--idle-timeout=1.5h'],
    here: runs({ 'idle-timeout': 5400 }),
  },
  { page: '2022', said: '--name=<...>', argv: ['--name=trainer'], here: runs({ name: 'trainer' }) },
  { page: '2022', said: '--no-retry', argv: ['--no-retry'], here: runs({ 'no-retry': true }) },
  { page: 'code', said: '--no-retry=true', argv: ['--no-retry=true'], here: runs({ 'no-retry': true }) },
  { page: '2021', said: '--single', argv: ['--single'], here: runs({ single: true }) },
  { page: '2021', said: '--reuse', argv: ['--reuse'], here: runs({ reuse: true }) },
  { page: 'code', said: '--reuse-idle', argv: ['--reuse-idle'], here: runs({ 'reuse-idle': true }) },
  { page: '2021', said: '--driver github', argv: ['--driver', 'github'], here: runs({ driver: 'github' }) },
  {
    page: '2021',
    said: '--driver gitlab',
    argv: ['--driver', 'gitlab'],
    at: 'gitlab',
    here: runs({ driver: 'gitlab' }),
  },
  {
    page: '2022',
    said: '--driver=bitbucket',
    argv: ['--driver=bitbucket'],
    here: stands('`bitbucket` is refused', /"bitbucket" is not valid; give one of `github`, `gitlab`/),
  },
  {
    page: '2021',
    said: '--repo https://github.com/iterative/cml',
    argv: ['--repo', 'https://github.com/iterative/cml'],
    here: runs({ repo: 'https://github.com/iterative/cml' }),
  },
  {
    page: '2021',
    said: '--token',
    argv: ['--token', 'ghp_of-the-page'],
    here: runs({ token: 'ghp_of-the-page' }),
  },
  {
    page: 'code',
    said: '--driver-token',
    argv: ['--driver-token=ghp_of-the-page'],
    without: ['token'],
    here: runs({ token: 'ghp_of-the-page' }),
  },
  { page: '2022', said: '--log=debug', argv: ['--log=debug'], here: runs({ log: 'debug' }) },
  { page: '2021', said: '--cloud aws', argv: ['--cloud', 'aws'], here: runs({ cloud: ['aws'] }) },
  { page: '2021', said: '--cloud azure', argv: ['--cloud', 'azure'], here: runs({ cloud: ['azure'] }) },
  { page: '2022', said: '--cloud=gcp', argv: ['--cloud=gcp'], here: runs({ cloud: ['gcp'] }) },
  {
    page: '2022',
    said: '--cloud=kubernetes',
    argv: ['--cloud=kubernetes'],
    here: runs({ cloud: ['kubernetes'] }),
  },
  {
    page: '2021',
    said: '--cloud unset: on this machine',
    without: ['cloud'],
    here: runs({ labels: ['cml'] }),
  },
  ...['us-east', 'us-west', 'eu-west', 'eu-north', 'us-east-2', 'us-west-2a'].map((region): Row => ({
    page: '2022',
    said: `--cloud-region=${region}`,
    argv: [`--cloud-region=${region}`],
    here: runs({ 'cloud-region': [region] }),
  })),
  {
    page: '2022',
    said: 'Azure region',
    argv: ['--cloud=azure', '--cloud-region=eastus'],
    here: runs({ 'cloud-region': ['eastus'] }),
  },
  {
    page: '2022',
    said: 'GCP zone',
    argv: ['--cloud=gcp', '--cloud-region=us-west1-b'],
    here: runs({ 'cloud-region': ['us-west1-b'] }),
  },
  ...['t2.micro', 'm', 'l', 'xl', 'm+k80', 'l+k80', 'xl+k80', 'm+v100', 'l+v100', 'xl+v100', 'm+t4'].map(
    (type): Row => ({
      page: '2022',
      said: `--cloud-type=${type}`,
      argv: [`--cloud-type=${type}`],
      here: runs({ 'cloud-type': [type] }),
    }),
  ),
  ...['nogpu', 'k80', 'v100', 'tesla'].map((gpu): Row => ({
    page: '2022',
    said: `--cloud-gpu=${gpu}`,
    argv: [`--cloud-gpu=${gpu}`],
    here: runs({ 'cloud-gpu': gpu }),
  })),
  {
    page: '2021',
    said: '--cloud-hdd-size',
    argv: ['--cloud-hdd-size', '100'],
    here: runs({ 'cloud-hdd-size': 100 }),
  },
  {
    page: '2021',
    said: '--cloud-ssh-private',
    argv: ['--cloud-ssh-private', 'KEY'],
    here: runs({ 'cloud-ssh-private': 'KEY' }),
  },
  { page: '2021', said: '--cloud-spot', argv: ['--cloud-spot'], here: runs({ 'cloud-spot': true }) },
  {
    page: '2021',
    said: '--cloud-spot-price',
    argv: ['--cloud-spot', '--cloud-spot-price', '0.5'],
    here: runs({ 'cloud-spot': true, 'cloud-spot-price': 0.5 }),
  },
  {
    page: '2021',
    said: '--cloud-spot-price has no effect without --cloud-spot',
    argv: ['--cloud-spot-price', '0.5'],
    here: stands(
      'without `--cloud-spot` CML ignored it, and here it is refused',
      /cannot promise a price no higher/,
    ),
  },
  {
    page: '2021',
    said: '--cloud-startup-script',
    argv: ['--cloud-startup-script', script],
    here: runs({ 'cloud-startup-script': script }),
  },
  {
    page: '2022',
    said: '--cloud-permission-set (AWS)',
    argv: [`--cloud-permission-set=${profile}`],
    here: runs({ 'cloud-permission-set': profile }),
  },
  {
    page: '2022',
    said: '--cloud-permission-set (AWS), as printed',
    argv: ['--cloud-permission-set=arn:aws:iam::1234567890:instance-profile/dvc-s3-access'],
    here: stands('its account number has ten digits', /is not the ARN of an instance profile/),
  },
  ...[`${account},scopes=storage-rw,datastore`, `${account},scopes=storage-rw`].map((set): Row => ({
    page: '2022',
    said: `--cloud-permission-set (GCP) ${set}`,
    argv: ['--cloud=gcp', `--cloud-permission-set=${set}`],
    here: runs({ 'cloud-permission-set': set }),
  })),
  {
    page: '2022',
    said: '--cloud-metadata=key=value',
    argv: ['--cloud-metadata=key=value'],
    here: runs({ 'cloud-metadata': { key: 'value' } }),
  },
  {
    page: '2022',
    said: '--cloud-metadata, specified multiple times',
    argv: ['--cloud-metadata=a=1', '--cloud-metadata=b=x=2'],
    here: runs({ 'cloud-metadata': { a: '1', b: 'x=2' } }),
  },
  {
    page: '2022',
    said: '--cloud-metadata as an array of yargs',
    argv: ['--cloud-metadata', 'a=1', 'b=2', '--single'],
    here: runs({ 'cloud-metadata': { a: '1', b: '2' }, single: true }),
  },
  {
    page: 'code',
    said: '--cloud-metadata with a bare key',
    argv: ['--cloud-metadata=bare'],
    here: stands('A key without `=` is refused', /`key=value` pairs/),
  },
  {
    page: '2022',
    said: '--cloud-aws-security-group',
    argv: ['--cloud-aws-security-group=trainers'],
    here: runs({ 'cloud-aws-security-group': ['trainers'] }),
  },
  {
    page: '2022',
    said: '--cloud-aws-subnet',
    argv: ['--cloud-aws-subnet=subnet-0123456789abcdef0'],
    here: runs({ 'cloud-aws-subnet': ['subnet-0123456789abcdef0'] }),
  },
  {
    page: 'code',
    said: '--cloud-aws-subnet-id',
    argv: ['--cloud-aws-subnet-id=subnet-0123456789abcdef0'],
    here: runs({ 'cloud-aws-subnet': ['subnet-0123456789abcdef0'] }),
  },
  {
    page: '2022',
    said: '--docker-volumes',
    argv: [
      '--docker-volumes=/var/run/docker.sock:/var/run/docker.sock',
      '--docker-volumes',
      '/a:/a',
      '/b:/b',
    ],
    at: 'gitlab',
    here: runs({ 'docker-volumes': ['/var/run/docker.sock:/var/run/docker.sock', '/a:/a', '/b:/b'] }),
  },
  {
    page: '2022',
    said: '--docker-volumes, only supported by GitLab',
    argv: ['--docker-volumes=/a:/a'],
    here: stands('Elsewhere it is ignored with a warning', /`--docker-volumes` is an option of GitLab/),
  },
  { page: 'code', said: '--workdir', argv: ['--workdir=/data'], here: runs({ workdir: '/data' }) },
  { page: 'code', said: '--path', argv: ['--path=/data'], here: runs({ workdir: '/data' }) },
  {
    page: 'code',
    said: '--cloud-image',
    argv: ['--cloud-image=ami-0123456789abcdef0'],
    here: runs({ 'cloud-image': 'ami-0123456789abcdef0' }),
  },
  {
    page: 'code',
    said: '--cloud-image with a bare name',
    argv: ['--cloud-image=iterative-cml'],
    here: stands('Here the owner is required', /is a name without an owner/),
  },
  ...(
    [
      [['accelerator=t4'], { accelerator: 't4' }],
      [['gpu=infer'], { gpu: 'infer' }],
      [['disktype=ssd', 'ram=huge'], { disktype: 'ssd', ram: 'huge' }],
    ] as const
  ).map(([pairs, here]): Row => ({
    page: 'code',
    said: `${selector} ${pairs.join(' ')}`,
    argv: ['--cloud=kubernetes', ...pairs.flatMap((pair) => [selector, pair])],
    here: runs({ [selector.slice(2)]: here }),
  })),
  ...[
    'tpi-version',
    'cml-version',
    'tf-resource',
    'tf_resource',
    'destroy-delay',
    'docker-machine',
    'gcp-access-token',
    'runner-path',
  ].map((name): Row => ({
    page: 'code',
    said: `--${name}`,
    argv: [`--${name}`, 'x'],
    here: stands(
      'No use here: ignored with a warning',
      new RegExp(`\`--${name.replace('_', '-')}\` is ignored`),
    ),
  })),
  {
    page: 'code',
    said: '--cloud-ssh-private-visible',
    argv: ['--cloud-ssh-private-visible'],
    here: stands('No use here: ignored with a warning', /`--cloud-ssh-private-visible` is ignored/),
  },
  {
    page: 'code',
    said: 'camelCase, which yargs took',
    argv: ['--cloudHddSize=50', '--idleTimeout', '9'],
    here: runs({ 'cloud-hdd-size': 50, 'idle-timeout': 9 }),
  },
]

/** Defaults of the pages. */
export const defaults: Readonly<Record<string, unknown>> = {
  labels: ['cml'],
  'idle-timeout': 300,
  name: undefined,
  'no-retry': false,
  single: false,
  reuse: false,
  // `us-west` there; here each cloud has its own, and AWS that one.
  'cloud-region': undefined,
  'cloud-spot': false,
  'cloud-spot-price': -1,
  // Of the provider behind CML, which its pages leave unset.
  'cloud-type': ['m'],
  'cloud-hdd-size': 35,
  'cloud-gpu': undefined,
  'cloud-permission-set': undefined,
  'cloud-metadata': undefined,
  'cloud-startup-script': undefined,
  'cloud-ssh-private': undefined,
  'cloud-aws-security-group': undefined,
  'docker-volumes': undefined,
  log: 'info',
}

const secret = { token: 'ghp_of-the-variable' }
const address = { repo: 'https://github.com/of/variable' }

export const variables: readonly Row[] = [
  {
    page: '2021',
    said: 'repo_token',
    variables: { repo_token: secret.token },
    without: ['token'],
    here: runs(secret),
  },
  {
    page: '2022',
    said: 'REPO_TOKEN',
    variables: { REPO_TOKEN: secret.token },
    without: ['token'],
    here: runs(secret),
  },
  ...['GITHUB_TOKEN', 'CML_TOKEN', 'CML_DRIVER_TOKEN', 'CML_RUNNER_TOKEN', 'CML_RUNNER_DRIVER_TOKEN'].map(
    (name): Row => ({
      page: 'code',
      said: name,
      variables: { [name]: secret.token },
      without: ['token'],
      here: runs(secret),
    }),
  ),
  {
    page: 'code',
    said: 'GITLAB_TOKEN',
    at: 'gitlab',
    variables: { GITLAB_TOKEN: secret.token },
    without: ['token'],
    here: runs(secret),
  },
  ...['CML_REPO', 'CML_RUNNER_REPO'].map((name): Row => ({
    page: 'code',
    said: name,
    variables: { [name]: address.repo },
    without: ['repo'],
    here: runs(address),
  })),
  {
    page: 'code',
    said: 'GITHUB_REPOSITORY',
    variables: { GITHUB_REPOSITORY: 'of/variable' },
    without: ['repo'],
    here: runs(address),
  },
  ...['CML_DRIVER', 'CML_RUNNER_DRIVER', 'RUNNER_DRIVER'].map((name): Row => ({
    page: 'code',
    said: name,
    variables: { [name]: 'github' },
    here: runs({ driver: 'github' }),
  })),
  ...['CML_LOG', 'CML_RUNNER_LOG'].map((name): Row => ({
    page: 'code',
    said: name,
    variables: { [name]: 'debug' },
    here: runs({ log: 'debug' }),
  })),
  {
    page: 'code',
    said: 'CML_RUNNER_CLOUD_HDD_SIZE',
    variables: { CML_RUNNER_CLOUD_HDD_SIZE: '50' },
    here: runs({ 'cloud-hdd-size': 50 }),
  },
  {
    page: 'code',
    said: 'CML_RUNNER_NO_RETRY',
    variables: { CML_RUNNER_NO_RETRY: 'true' },
    here: runs({ 'no-retry': true }),
  },
  {
    page: 'code',
    said: 'RUNNER_IDLE_TIMEOUT',
    variables: { RUNNER_IDLE_TIMEOUT: '60' },
    here: runs({ 'idle-timeout': 60 }),
  },
  { page: 'code', said: 'RUNNER_SINGLE', variables: { RUNNER_SINGLE: 'true' }, here: runs({ single: true }) },
  {
    page: 'code',
    said: 'RUNNER_NO_RETRY',
    variables: { RUNNER_NO_RETRY: 'true' },
    here: runs({ 'no-retry': true }),
  },
  {
    page: 'code',
    said: 'RUNNER_PATH',
    variables: { RUNNER_PATH: '/data' },
    here: runs({ workdir: '/data' }),
  },
  { page: 'code', said: 'RUNNER_REUSE', variables: { RUNNER_REUSE: 'true' }, here: runs({ reuse: true }) },
  {
    page: 'code',
    said: 'CML_RUNNER_REUSE',
    variables: { CML_RUNNER_REUSE: 'true' },
    here: runs({ reuse: true }),
  },
  {
    page: 'code',
    said: 'RUNNER_LABELS',
    variables: { RUNNER_LABELS: 'gpu' },
    here: stands(
      'on a self-hosted runner it describes that runner. Write `CML_RUNNER_LABELS`',
      /The variable RUNNER_LABELS, which CML read as `labels`, is not read/,
    ),
  },
  {
    page: 'code',
    said: 'an unknown variable, which stopped CML',
    variables: { CML_RUNNER_XYZ: '1' },
    here: stands(
      'an unknown one is a warning, where CML stopped',
      /CML_RUNNER_XYZ is not an option of cml-runner and is ignored/,
    ),
  },
]

/** A command line as the page prints it, for a shell in which `cml-runner` and `cml` are this program. */
export interface Example {
  readonly page: Row['page']
  readonly said: string
  /** Where the page has `...` for the rest of a line stands `--cloud=aws`; where GitHub puts a value, that value. */
  readonly shell: string
  readonly here: { readonly prints: readonly string[] } | Stands
}

const shown = (...prints: readonly string[]): Example['here'] => ({ prints })

export const examples: readonly Example[] = [
  {
    page: '2021',
    said: 'the workflow',
    shell:
      'cml-runner \\\n--cloud aws \\\n--cloud-region us-west \\\n--cloud-type=t2.micro \\\n--labels=cml-runner\n',
    here: shown('t2.micro', 'us-west-1', 'cml-runner'),
  },
  {
    page: '2021',
    said: 'a machine of one’s own, backslashes as printed',
    shell:
      'cml-runner \\ --repo $your_project_repository_url \\\n--token=$personal_access_token \\ --labels tf \\ --idle-timeout 180\n',
    here: shown('this machine'),
  },
  { page: '2021', said: '--version', shell: 'cml-runner --version', here: shown('.') },
  { page: '2021', said: '-h', shell: 'cml-runner -h', here: shown('--labels') },
  { page: '2022', said: '--help', shell: 'cml runner --help', here: shown('--labels') },
  { page: '2022', said: 'cml runner [options]', shell: 'cml runner --cloud=aws', here: shown('us-west-1') },
  {
    page: 'code',
    said: 'cml runner launch',
    shell: 'cml runner launch --cloud=aws',
    here: shown('us-west-1'),
  },
  {
    page: '2022',
    said: 'AWS permission set',
    shell:
      'cml runner --cloud=aws \\\n  --cloud-permission-set=arn:aws:iam::1234567890:instance-profile/dvc-s3-access \\\n  --single\n',
    here: stands('its account number has ten digits', /is not the ARN of an instance profile/),
  },
  {
    page: '2022',
    said: 'GCP permission set',
    shell: `cml runner --cloud=gcp \\\n  --cloud-permission-set=${account},scopes=storage-rw,datastore \\\n  --single\n`,
    here: shown('us-west1'),
  },
  {
    page: '2022',
    said: 'a key of one’s own',
    shell:
      'ssh-keygen -q -N "" -t rsa -m pem -b 4096 -f key.pem\ncml runner --cloud=aws --cloud-ssh-private="$(cat key.pem)"\n',
    here: shown('us-west-1'),
  },
  {
    page: '2022',
    said: '--cloud-startup-script, hello world',
    shell: `cml runner --cloud=aws \\\n  --cloud-startup-script=${script} \\\n  --single\n`,
    here: shown('us-west-1'),
  },
  {
    page: '2022',
    said: '--cloud-startup-script that lets a GitHub user in',
    shell:
      'cml runner --cloud=aws \\\n  --cloud-startup-script=$(echo \'echo "$(curl https://github.com/octocat.keys)" >> /home/ubuntu/.ssh/authorized_keys\' | base64 -w 0) \\\n  --single\n',
    here: shown('us-west-1'),
  },
]

/** Promises of the pages that are no option: what the migration page says of each. */
export const promises: readonly { readonly said: string; readonly stands: string }[] = [
  {
    said: 'the workflow is restarted when its machine is taken away',
    stands: 'Interrupted work is restarted by a workflow of its own',
  },
  { said: 'the workflow is restarted before GitHub’s time limit', stands: 'GitHub’s limit of five days' },
  { said: 'Bitbucket is coming soon', stands: '`bitbucket` is refused' },
  { said: 'more than ten minutes of provisioning is a failure', stands: '`launch-timeout`, 10 minutes' },
  { said: 'a throwaway SSH key is generated', stands: 'none is generated when the option is absent' },
  {
    said: 'ssh -i key.pem ubuntu@IP_ADDRESS',
    stands: 'Nothing is opened: [logging in](logging-in.md) has a way for each cloud',
  },
  {
    said: '`AZURE_STORAGE_CONNECTION_STRING`, `AZURE_STORAGE_CONTAINER_NAME`',
    stands: '`AZURE_STORAGE_CONNECTION_STRING`',
  },
  { said: 'cml-send-comment in a job on the machine', stands: '`cml-send-comment`' },
  { said: 'a bin called `cml`', stands: '`cml runner' },
]
