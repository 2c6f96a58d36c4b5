import type { CloudLine } from '../clouds/registry.ts'
import type { Catalogue } from '../options/catalogue.ts'
import type { Command } from '../options/command.ts'
import { notGiven } from '../hosts/component-variables.ts'
import type { Option, Table } from '../options/option.ts'
import { heeds } from '../options/heed.ts'
import { asMeantBy, withoutThisMachine } from './command-words.ts'
import { describe } from './describe.ts'
import { runCommandOf, type PublicNames } from './names.ts'

/** Commands that the component has a template for. */
export type TemplateCommand = Extract<Command, 'launch' | 'stop' | 'sweep' | 'list' | 'rerun' | 'doctor'>

export type GitlabLogin = Awaited<ReturnType<NonNullable<CloudLine['gitlabLogin']>>>

export interface ComponentFacts {
  readonly catalogue: Catalogue
  /** The package that the templates call, and its version. */
  readonly names: PublicNames
  /** Options of forges other than GitLab, by name. */
  readonly foreign: ReadonlySet<string>
  /** How jobs log in at each cloud, in the order of the registry. */
  readonly logins: readonly GitlabLogin[]
}

/** One input of a template, as GitLab's `spec:inputs` wants it. An input without a default must be given. */
export interface ComponentInput {
  readonly description: string
  readonly type?: 'array'
  readonly default?: string | readonly string[]
  readonly options?: readonly string[]
  readonly regex?: string
}

export type ComponentInputs = Readonly<Record<string, ComponentInput>>

// GitLab matches with RE2 and not against an empty text (before 18.1 at least); the patterns mean the same to JavaScript.
const patterns = {
  /**
   * One line. GitLab puts an input into the template's text before it reads that text as YAML, where a line break would begin a new
   * key; U+2028 and U+2029 break lines there too. Source: lib/gitlab/ci/config/interpolation/text_template.rb.
   */
  line: '^[^\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\ufeff]+$',
  number: '^(-|-?\\d+(\\.\\d+)?( *[A-Za-z]+)?|\\$\\{?\\w+\\}?)$',
  duration: '^(-|never|-?\\d+(\\.\\d+)?|(\\d+(\\.\\d+)? *[A-Za-z]+ *)+|\\$\\{?\\w+\\}?)$',
  /** Stands between double quotes, as the name of a key or a value. */
  word: '^[\\w.$][\\w .:/@${}-]*$',
  /** Words for the shell, none of which it would read as anything but a word. */
  command: '^[\\w.@/~+:=-]+( [\\w.@/~+:=-]+)*$',
  /** A duration as GitLab's runner reads it. */
  goDuration: '^([0-9]+(h|m|s))+$',
}

/** Twenty minutes leave ten for the job's image and its after_script, which may take five (`RUNNER_AFTER_SCRIPT_TIMEOUT`). */
const scriptTimeout = '20m'

const jobs: Readonly<Record<TemplateCommand, { name: string; stage: string; timeout: string }>> = {
  launch: { name: 'launch-runner', stage: '.pre', timeout: '30m' },
  stop: { name: 'stop-runner', stage: '.post', timeout: '30m' },
  // Not .pre or .post: a pipeline with jobs in these alone does not run.
  sweep: { name: 'sweep-runners', stage: 'test', timeout: '30m' },
  list: { name: 'list-runners', stage: 'test', timeout: '30m' },
  rerun: { name: 'rerun-interrupted', stage: 'test', timeout: '40m' },
  doctor: { name: 'examine-launch', stage: 'test', timeout: '30m' },
}

/** Every input of a template: those of its job, then those that stand for options. */
export function inputsOf(command: TemplateCommand, facts: ComponentFacts): ComponentInputs {
  const options = Object.entries(optionsOf(command, facts)).map(
    ([name, row]) => [name, optionInput(describe(row, { lines: false }), row, command)] as const,
  )
  return { ...jobInputs(command, facts), ...Object.fromEntries(options) }
}

/** The options a template has inputs for. Not among them: secrets, which are CI/CD variables, the forge, which is GitLab, and what is for a machine of one's own. */
export function optionsOf(command: TemplateCommand, { catalogue, foreign }: ComponentFacts): Table {
  const rows = Object.entries(catalogue.table).filter(
    ([name, row]) =>
      heeds(command, row) &&
      row.kind !== 'secret' &&
      row.owner.kind !== 'here' &&
      name !== 'driver' &&
      !foreign.has(name),
  )
  const own = { repo, ...wordsOfGitlab[command] }
  // The machine of a job is no runner: until that had been idle no later stage would begin, and so no job that it waits for.
  return Object.fromEntries(
    rows.map(([name, row]) => [name, withoutThisMachine(asMeantBy(command, name, row, own))]),
  )
}

/** What an option is to GitLab, where the table speaks of GitHub as well. */
const wordsOfGitlab: Readonly<Record<TemplateCommand, Readonly<Record<string, string>>>> = {
  launch: { cloud: 'The cloud to launch the machine in; of several each has its turn, in this order.' },
  doctor: { cloud: 'The cloud that a launch would use; of several each is looked at.' },
  stop: { name: 'Only launches of this pipeline whose runner has that name.' },
  sweep: {},
  list: {},
  rerun: {
    cloud:
      'The clouds to ask how machines have ended, besides GitLab. It may be left out: GitLab’s own reasons are enough.',
  },
}

const repo =
  'Project or group that the runner belongs to, as its web address. The project of the pipeline when absent.'

function optionInput(description: string, row: Option, command: TemplateCommand): ComponentInput {
  // Of GitLab's own types these two have no value that says "not given".
  if (row.kind === 'flag') return { description, default: notGiven, options: [notGiven, 'true', 'false'] }
  if (row.kind === 'number' || row.kind === 'amounts')
    return { description, default: notGiven, regex: patterns.number }
  // What a launch cannot do without, and no surroundings tell.
  if (row.kind === 'choices' && command !== 'rerun') return { description, regex: someOf(row.choices ?? []) }
  if (row.kind === 'choices')
    return { description, default: notGiven, regex: `^-$|${someOf(row.choices ?? [])}` }
  if (row.choices) return { description, default: notGiven, options: [notGiven, ...row.choices] }
  return {
    description,
    default: notGiven,
    regex: row.kind === 'duration' ? patterns.duration : patterns.line,
  }
}

/** One or several of the words, separated by commas. */
function someOf(words: readonly string[]): string {
  const word = `(${words.join('|')})`
  return `^${word}(, ?${word})*$`
}

function jobInputs(command: TemplateCommand, { names, logins }: ComponentFacts): ComponentInputs {
  const { name, stage, timeout } = jobs[command]
  return {
    'job-name': { description: 'Name of the job.', default: name, regex: patterns.word },
    stage: { description: 'Stage of the job.', default: stage, regex: patterns.word },
    tags: {
      description: 'Tags of the GitLab runner that this job itself runs on. Instance runners when empty.',
      type: 'array',
      default: [],
    },
    image: {
      description:
        'Image of the job: Node.js 22.19 or later, a POSIX shell, and npm unless `cli` needs none.',
      default: 'node:24',
      regex: patterns.word,
    },
    ...timeInputs(timeout),
    cli: {
      description:
        'The words that call cml-runner, separated by single blanks: another package name, or a program that the image holds.',
      default: runCommandOf(names),
      regex: patterns.command,
    },
    'npm-registry': {
      description: "Address of the npm registry that has the package; npm's own setting when absent.",
      default: notGiven,
      regex: patterns.line,
    },
    ...Object.fromEntries(logins.flatMap((login) => Object.entries(loginInputs(login)))),
  }
}

function timeInputs(timeout: string): ComponentInputs {
  return {
    timeout: {
      description:
        'Time limit of the job. At its end nothing of the job runs any more, so give `script-timeout` less.',
      default: timeout,
      regex: '^[0-9][0-9a-z ]*$',
    },
    'script-timeout': {
      description:
        'Time limit of the script, such as `1h30m`: at least ten minutes less than `timeout`, so that the `after_script` has its time, and for a launch more than its `launch-timeout`. Needs gitlab-runner 16.4.',
      default: scriptTimeout,
      regex: patterns.goDuration,
    },
  }
}

function loginInputs({ inputs, audience }: GitlabLogin): ComponentInputs {
  const others = inputs.map(
    ({ input, description }) => [input, { description, default: notGiven, regex: patterns.line }] as const,
  )
  const { input, description, default: standing } = audience
  return {
    ...Object.fromEntries(others),
    [input]: { description, default: standing, regex: patterns.word },
  }
}
