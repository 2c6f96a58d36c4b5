import * as core from '@actions/core'
import { printable } from '../lib/printable.ts'
import type { Caller, Outputs, RawOptions } from './host.ts'
import { levelledLog, type LevelledLog, type LogLevel } from './log-level.ts'
import { Masks } from './masks.ts'
import { githubOrigin, type Variables } from './origin.ts'
import { listenForSignals } from './signals.ts'

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
  const masks = new Masks()
  const log = levelledLog(say)
  // Set by the runner when somebody re-runs a job with debug logging.
  if (variables.RUNNER_DEBUG === '1') log.level = 'debug'
  const { signal } = listenForSignals()
  return {
    name: 'github-actions',
    log,
    signal,
    postStep: 'post step',
    postFollows: stage === 'main',
    hurried: true,
    readOptions: () => readInputs(variables),
    origin: () => githubOrigin(variables, variables[inputVariable(jobInstanceInput)]),
    mask: (secret) => masks.add(secret).forEach((line) => core.setSecret(line)),
    group: (title, body) => core.group(harmless(title), body),
    output: (outputs) => writeOutputs(outputs, masks, log),
    print: (text) => core.info(harmless(text)),
    note: (text) => core.notice(printable(text)),
    // A step has no place for them but its summary.
    links: () => undefined,
    summary: (markdown) => writeSummary(markdown, log),
    saveState: (name, value) => core.saveState(name, value),
    readState: (name) => core.getState(name) || undefined,
  }
}

function say(level: LogLevel, text: string): void {
  if (level === 'error') core.error(printable(text))
  else if (level === 'warn') core.warning(printable(text))
  else core.info(harmless(text))
}

/**
 * Text of machines and users goes through here, and a line that starts with `::` or holds `##[` is a command to the runner
 * (it could set outputs or end masking). A zero-width space keeps it text and readable.
 */
function harmless(text: string): string {
  return printable(text)
    .replace(/^(\s*):(?=:)/gm, '$1:\u200b')
    .replaceAll('##[', '#\u200b#[')
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

/** A summary that can not be written is no reason to fail a launch. */
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
