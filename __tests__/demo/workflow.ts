import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A step as the file has it: somebody's action, or a command. */
export interface Step {
  readonly id?: string
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string | number | boolean>>
}

export interface WorkflowJob {
  readonly 'runs-on': string
  readonly needs?: string
  readonly outputs?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

export interface Workflow {
  readonly name: string
  readonly jobs: Readonly<Record<'deploy' | 'train', WorkflowJob>>
}

/** What expressions may name: `secrets`, `steps.ID.outputs`, `needs.JOB.outputs`. */
export interface Contexts {
  readonly [name: string]: string | Contexts
}

export function readWorkflow(path: string): Workflow {
  return parse(readFileSync(path, 'utf8')) as Workflow
}

/** The texts of `with:`, expressions replaced by what they stand for. */
export function inputsOf(step: Step, contexts: Contexts): Readonly<Record<string, string>> {
  return evaluateAll(step.with ?? {}, contexts)
}

export function evaluateAll(
  texts: Readonly<Record<string, string | number | boolean>>,
  contexts: Contexts,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, evaluate(String(text), contexts)]),
  )
}

/** Replaces `${{ a.b.c }}`. Throws on expressions that this demo does not know and on names that are not there. */
function evaluate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => look(expression, contexts))
}

function look(expression: string, contexts: Contexts): string {
  let found: string | Contexts | undefined = contexts
  for (const member of expression.split('.')) found = typeof found === 'object' ? found[member] : undefined
  if (typeof found === 'string') return found
  throw new Error(`the demo cannot tell what \${{ ${expression} }} stands for`)
}

/** The labels of `runs-on: ${{ fromJSON(…) }}`. */
export function labelsOf({ 'runs-on': runsOn }: WorkflowJob, contexts: Contexts): readonly string[] {
  const [, expression] = /^\$\{\{\s*fromJSON\((.*)\)\s*\}\}$/.exec(runsOn) ?? []
  if (expression === undefined) return [evaluate(runsOn, contexts)]
  return JSON.parse(look(expression, contexts)) as string[]
}
