import { printable } from '../lib/printable.ts'
import type { LogLevel } from './log-level.ts'
import type { Variables } from './origin.ts'

/** Where an annotation stands on the job's page. */
export interface AnnotationPlace {
  readonly title?: string
  /** From the root of the repository. */
  readonly file?: string
}

/**
 * Text of machines and users goes through here, and a line that starts with `::` or holds `##[` is a command to the runner
 * (it could set outputs or end masking). A zero-width space keeps it text and readable.
 */
export function harmless(text: string): string {
  return printable(text)
    .replace(/^(\s*):(?=:)/gm, '$1:\u200b')
    .replaceAll('##[', '#\u200b#[')
}

/** A command to the runner, which reads both streams of a step: `::error title=…::text`. Source: actions/toolkit, packages/core/src/command.ts. */
export function renderCommand(
  name: string,
  text: string,
  properties: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(properties).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escaped(value).replaceAll(':', '%3A').replaceAll(',', '%2C')}`],
  )
  return `::${name}${given.length > 0 ? ` ${given.join(',')}` : ''}::${escaped(text)}`
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

const annotated: Readonly<Partial<Record<LogLevel, string>>> = { error: 'error', warn: 'warning' }

/** What is said in a step: what is grave stands beside the log, too. */
export function renderSaying(level: LogLevel, text: string): string {
  const name = annotated[level]
  return name === undefined ? harmless(text) : renderCommand(name, printable(text))
}

/** Something for the page: its title and, where it is about a file, that one's first line. */
export function renderAnnotation(
  name: 'error' | 'notice',
  text: string,
  { title, file }: AnnotationPlace,
): string {
  const line = file === undefined ? undefined : '1'
  return renderCommand(name, printable(text), { title: title && printable(title), file, line })
}

/** The workflow that this step is in, when it is of the very repository: `.github/workflows/train.yml`. */
export function workflowFile({ GITHUB_WORKFLOW_REF, GITHUB_REPOSITORY }: Variables): string | undefined {
  const own = `${GITHUB_REPOSITORY}/`
  if (!GITHUB_REPOSITORY || !GITHUB_WORKFLOW_REF?.startsWith(own)) return undefined
  return GITHUB_WORKFLOW_REF.slice(own.length).replace(/@.*$/s, '') || undefined
}
