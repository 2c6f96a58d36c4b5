import * as core from '@actions/core'
import { printable } from '../lib/printable.ts'
import type { Caller, Outputs, RawOptions, ResultName, Trouble } from './host.ts'
import { levelledLog, type LevelledLog } from './log-level.ts'
import { Masks } from './masks.ts'
import { githubOrigin, type Variables } from './origin.ts'
import { listenForSignals } from './signals.ts'
import { harmless, renderAnnotation, renderCommand, renderSaying, workflowFile } from './workflow-commands.ts'

/** Inputs of the action that are no options: the command, and what tells the jobs of a matrix apart. */
export const commandInput = 'command'
export const jobInstanceInput = 'job-instance'

export interface ActionHost extends Caller {
  readonly log: LevelledLog
  readOptions(): RawOptions
}

/** GitHub cuts a step's summary at this size, and drops it whole beyond. */
const longestSummary = 1024 * 1024

/** A step of a GitHub Actions job: inputs in, step outputs, masks, groups, state and job summary out. */
export function githubActionsHost(stage: 'main' | 'post', variables: Variables = process.env): ActionHost {
  const page = stepPage(variables, (line) => void process.stdout.write(`${line}\n`))
  const { signal } = listenForSignals()
  return {
    ...page.members,
    get summarized() {
      return page.summarized()
    },
    name: 'github-actions',
    signal,
    postStep: 'post step',
    postFollows: stage === 'main',
    hurried: true,
    readOptions: () => readInputs(variables),
    origin: () => githubOrigin(variables, variables[inputVariable(jobInstanceInput)]),
    mask: (secret) => page.masks.add(secret).forEach((line) => page.write(renderCommand('add-mask', line))),
    print: (text) => page.write(harmless(text)),
    saveState: (name, value) => core.saveState(name, value),
    readState: (name) => core.getState(name) || undefined,
  }
}

type Shared =
  'log' | 'group' | 'note' | 'output' | 'result' | 'announce' | 'fail' | 'links' | 'summary' | 'footer'

/** What the action and the command line have in common in a step: everything that the job's page shows. */
export interface StepPage {
  readonly members: Pick<Caller, Exclude<Shared, 'log'>> & { readonly log: LevelledLog }
  readonly masks: Masks
  /** One line, or several, of the log. */
  readonly write: (line: string) => void
  readonly summarized: () => boolean
}

/** `write` puts a line into the log. */
export function stepPage(variables: Variables, write: (line: string) => void): StepPage {
  const masks = new Masks()
  const log = levelledLog((level, text) => write(renderSaying(level, text)))
  // Set by the runner when somebody re-runs a job with debug logging.
  if (variables.RUNNER_DEBUG === '1') log.level = 'debug'
  const wanted = !isOff(variables.CML_RUNNER_SUMMARY)
  let written = false
  const members: StepPage['members'] = {
    log,
    footer: '',
    async group(title, body) {
      write(renderCommand('group', harmless(title)))
      try {
        return await body()
      } finally {
        write(renderCommand('endgroup', ''))
      }
    },
    output: (outputs) => writeOutputs(outputs, masks, log),
    result: (name, value) => writeResult(name, value, masks),
    announce: (title, text) => write(renderAnnotation('notice', text, { title })),
    fail: (trouble) => tell(trouble, variables, write),
    note: (text) => write(renderAnnotation('notice', text, {})),
    // A step has no place for them but its summary.
    links: () => undefined,
    async summary(markdown) {
      if (written || !wanted) return void (written = true)
      written = true
      // By whoever has the members, and may have set it.
      await writeSummary(`${markdown.trimEnd()}\n${this.footer}`, log)
    },
  }
  return { members, masks, write, summarized: () => written }
}

function isOff(text = ''): boolean {
  return ['false', '0', 'no', 'off'].includes(text.trim().toLowerCase())
}

/** Three lines stand beside the log, the rest in it. */
function tell(
  { title, lines, rest, aboutOptions }: Trouble,
  variables: Variables,
  write: StepPage['write'],
): void {
  const file = aboutOptions ? workflowFile(variables) : undefined
  write(renderAnnotation('error', lines.join('\n'), { title, ...(file ? { file } : {}) }))
  if (rest.length > 0) write(harmless(rest.join('\n')))
}

/** The runner passes the inputs as variables in upper case, with spaces as underscores and hyphens as they are. */
function inputVariable(name: string): string {
  return `INPUT_${name.toUpperCase().replaceAll(' ', '_')}`
}

/** What the inputs of the step say. */
export function readInputs(variables: Variables): RawOptions {
  const internal = [commandInput, jobInstanceInput].map(inputVariable)
  const given = Object.entries(variables)
    .filter(([name]) => name.startsWith('INPUT_') && !internal.includes(name))
    .map(([name, text]): [string, string] => [name.slice('INPUT_'.length).toLowerCase(), text ?? ''])
  const command = variables[inputVariable(commandInput)]?.trim() ?? ''
  return {
    given: Object.fromEntries(given),
    variables,
    words: command === '' ? [] : command.split(/\s+/),
    problems: [],
    prefix: '',
  }
}

function writeOutputs(outputs: Outputs, masks: Masks, log: LevelledLog): void {
  for (const [name, value] of Object.entries(outputs)) {
    // The runner hands an empty text to later jobs instead of a job output that holds a masked text.
    if (masks.hit(String(value)))
      log.warn(`Output ${name} holds a masked text: GitHub will not pass it on to other jobs.`)
    core.setOutput(name, value)
  }
}

/** Owners and names of others are in it, and never a secret. */
function writeResult(name: ResultName, value: unknown, masks: Masks): void {
  core.setOutput(name, masks.apply(JSON.stringify(value)))
}

/** A summary that cannot be written is no reason to fail a launch. */
async function writeSummary(markdown: string, log: LevelledLog): Promise<void> {
  const whole = Buffer.byteLength(markdown) < longestSummary
  try {
    await core.summary
      .addRaw(
        whole ? printable(markdown) : 'The summary is too long to be shown; see the log of the step.',
        true,
      )
      .write()
  } catch (error) {
    log.debug(`No job summary: ${error instanceof Error ? error.message : String(error)}`)
  }
}
