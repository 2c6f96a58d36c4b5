import type { Catalogue } from '../options/catalogue.ts'
import type { Command } from '../options/command.ts'
import { notGiven, unsaid } from '../options/component-input.ts'
import type { Option, Table } from '../options/option.ts'
import { heeds } from '../options/heed.ts'
import { describe } from './describe.ts'
import { runCommandOf, type PublicNames } from './names.ts'

/** Commands that the component has a template for. */
export type TemplateCommand = Extract<Command, 'launch' | 'stop' | 'sweep' | 'list'>

export interface ComponentFacts {
  readonly catalogue: Catalogue
  /** The package that the templates call, and its version. */
  readonly names: PublicNames
  /** Options of forges other than GitLab, by name. */
  readonly foreign: ReadonlySet<string>
}

/** One input of a template, as GitLab's `spec:inputs` wants it. An input without a default must be given. */
export interface ComponentInput {
  readonly description: string
  readonly type?: 'number' | 'boolean' | 'array'
  readonly default?: string | number | boolean | readonly string[]
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
  duration: '^(-|never|-?\\d+(\\.\\d+)?|(\\d+(\\.\\d+)? *[A-Za-z]+ *)+|\\$\\{?\\w+\\}?)$',
  /** Stands between double quotes, as the name of a key or a value. */
  word: '^[\\w.$][\\w .:/@${}-]*$',
  /** Words for the shell, none of which it would read as anything but a word. */
  command: '^[\\w.@/~+:=-]+( [\\w.@/~+:=-]+)*$',
  /** What may begin the name of a variable. */
  prefix: '^(-|[A-Za-z_]\\w*)$',
}

const jobs: Readonly<Record<TemplateCommand, { name: string; stage: string; timeout: string }>> = {
  launch: { name: 'launch-runner', stage: '.pre', timeout: '30m' },
  stop: { name: 'stop-runner', stage: '.post', timeout: '30m' },
  // Not .pre or .post: a pipeline with jobs in these alone does not run.
  sweep: { name: 'sweep-runners', stage: 'test', timeout: '30m' },
  list: { name: 'list-runners', stage: 'test', timeout: '30m' },
}

/** Every input of a template: those of its job, then those that stand for options. */
export function inputsOf(command: TemplateCommand, facts: ComponentFacts): ComponentInputs {
  const options = Object.entries(optionsOf(command, facts)).map(
    ([name, row]) => [name, optionInput(described(name, row, command), row)] as const,
  )
  return { ...jobInputs(command, facts.names), ...Object.fromEntries(options) }
}

/** The options a template has inputs for. Not among them: secrets, which are CI/CD variables, and the forge, which is GitLab. */
export function optionsOf(command: TemplateCommand, { catalogue, foreign }: ComponentFacts): Table {
  const rows = Object.entries(catalogue.offered).filter(
    ([name, row]) => heeds(command, row) && row.kind !== 'secret' && name !== 'driver' && !foreign.has(name),
  )
  return Object.fromEntries(rows)
}

/** Without the default that only a launch has: the other commands look everywhere. */
function described(name: string, row: Option, command: TemplateCommand): string {
  const everywhere = name === 'cloud-region' && command !== 'launch'
  return describe(everywhere ? { ...row, default: undefined } : row, { lines: false })
}

function optionInput(description: string, row: Option): ComponentInput {
  if (row.kind === 'flag') return { description, type: 'boolean', default: unsaid(row) }
  if (row.kind === 'number') return { description, type: 'number', default: unsaid(row) }
  // What a launch can not do without, and no surroundings tell.
  if (row.required?.kind === 'unimplemented') return { description, options: row.choices ?? [] }
  if (row.choices) return { description, default: notGiven, options: [notGiven, ...row.choices] }
  return {
    description,
    default: notGiven,
    regex: row.kind === 'duration' ? patterns.duration : patterns.line,
  }
}

function jobInputs(command: TemplateCommand, names: PublicNames): ComponentInputs {
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
      description: 'Image of the job: Node.js 20 or later, a POSIX shell, and npm unless `cli` needs none.',
      default: 'node:24',
      regex: patterns.word,
    },
    timeout: {
      description: 'Time limit of the job. Give a launch more than its `launch-timeout`.',
      default: timeout,
      regex: '^[0-9][0-9a-z ]*$',
    },
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
    ...cloudInputs,
    ...(command === 'launch' ? { 'output-prefix': outputPrefix } : {}),
  }
}

const cloudInputs: ComponentInputs = {
  'aws-role-arn': {
    description:
      'AWS role to assume with the ID token of the job. The variable `AWS_ROLE_ARN` when absent; without either, AWS credentials come from other variables.',
    default: notGiven,
    regex: patterns.line,
  },
  'aws-audience': {
    description: 'Audience of that ID token, as the identity provider in AWS lists it.',
    default: '$CI_SERVER_URL',
    regex: patterns.word,
  },
}

const outputPrefix: ComponentInput = {
  description: 'Put before the names of the variables that later jobs get, to keep several launches apart.',
  default: notGiven,
  regex: patterns.prefix,
}
