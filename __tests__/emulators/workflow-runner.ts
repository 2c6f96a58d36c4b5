import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { jobOutputs, prepareAction, type PreparedAction } from './action-runner.ts'
import { type Contexts, evaluate, holds, textOf, type Value } from './expressions.ts'
import type { Job } from './github/github.ts'
import type { Scene } from './scene.ts'

type Texts = Readonly<Record<string, string>>

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly if?: string
  readonly with?: Readonly<Record<string, Value>>
  readonly env?: Readonly<Record<string, Value>>
}

interface JobFile {
  readonly if?: string
  readonly needs?: string | readonly string[]
  readonly uses?: string
  readonly 'runs-on'?: string | readonly string[]
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly Value[]>> }
  readonly outputs?: Texts
  readonly with?: Readonly<Record<string, Value>>
  readonly secrets?: Texts
  readonly steps?: readonly Step[]
}

type Declared = Readonly<Record<string, { readonly required?: boolean; readonly default?: Value }>>

interface Workflow {
  readonly name?: string
  readonly on: string | Readonly<Record<string, unknown>>
  readonly jobs: Readonly<Record<string, JobFile>>
}

interface Composite {
  readonly inputs?: Declared
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

/** What a workflow runs in. */
export interface Surroundings {
  readonly scene: Scene
  /** Folder of the built doors. */
  readonly dist: string
  /** Files on this disk that workflows name as part of their repository: `./.github/actions/x` → a folder. */
  readonly repository: Texts
  readonly secrets: Texts
  /** `github.*` beside what every run has. */
  readonly github: Readonly<Record<string, Value>>
  /** Of every step that uses our action, over what a job has anyway. */
  readonly env?: Readonly<Record<string, string>>
  /** What `actions/checkout` does on a machine of one's own, as shell text. */
  readonly checkout?: string
  /** A job for a machine of one's own is there. */
  readonly onJob?: (job: Job) => void
}

export interface JobEnd {
  readonly name: string
  readonly result: 'success' | 'failure' | 'skipped'
  readonly outputs: Texts
  /** As shown; of jobs on machines of their own, what they printed. */
  readonly log: string
}

const ours = 'org/cml-runner-action'

/**
 * A workflow, as GitHub runs it: jobs in the order of their needs, hosted ones here, others at the emulated GitHub. It does what the examples in docs need, and
 * refuses everything else.
 */
export async function runWorkflow(path: string, around: Surroundings): Promise<readonly JobEnd[]> {
  const workflow = parse(readFileSync(path, 'utf8')) as Workflow
  if (!isStarted(workflow, around)) return []
  return runJobs(workflow, { secrets: around.secrets }, around)
}

function isStarted({ on }: Workflow, { github }: Surroundings): boolean {
  const event = textOf(github.event_name ?? '')
  if (typeof on === 'string') return on === event
  if (event !== 'workflow_run') return event in on
  const { workflows = [] } = (on[event] ?? {}) as { readonly workflows?: readonly string[] }
  const { workflow_run: run } = github.event as { readonly workflow_run: { readonly name: string } }
  return workflows.includes(run.name)
}

async function runJobs(
  { name = 'workflow', jobs }: Workflow,
  given: Contexts,
  around: Surroundings,
): Promise<readonly JobEnd[]> {
  const ends: JobEnd[] = []
  const github = { token: around.scene.github.token('job'), workflow: name, ...around.github }
  for (const [id, job] of Object.entries(jobs)) {
    const needs = [job.needs ?? []].flat()
    const needed = needs.map((need) => ends.find((end) => end.name === need)!)
    const known = needed.map((end) => [end.name, { outputs: end.outputs, result: end.result }] as const)
    const contexts = { ...given, github, needs: Object.fromEntries(known) }
    const runs = needed.every(({ result }) => result === 'success') && holds(job.if, contexts)
    if (!runs) ends.push({ name: id, result: 'skipped', outputs: {}, log: '' })
    else
      for (const matrix of legsOf(job)) ends.push(...(await runJob(id, job, { ...contexts, matrix }, around)))
  }
  return ends
}

function legsOf({ strategy }: JobFile): readonly Readonly<Record<string, Value>>[] {
  if (!strategy) return [{}]
  const [[axis, values] = ['', []], ...more] = Object.entries(strategy.matrix)
  if (more.length > 0) throw new Error('this runner knows a matrix of one axis')
  return values.map((value) => ({ [axis]: value }))
}

function runJob(
  id: string,
  job: JobFile,
  contexts: Contexts,
  around: Surroundings,
): Promise<readonly JobEnd[]> {
  if (job.uses !== undefined) return call(id, job, contexts, around)
  const asked = evaluate(textOf(job['runs-on'] ?? ''), contexts)
  const end = Array.isArray(asked)
    ? runElsewhere({ name: id, job, labels: asked.map(textOf) }, contexts, around)
    : new HostedJob(id, job, contexts, around).run()
  return end.then((one) => [one])
}

/** A reusable workflow: it has the inputs and secrets that it declares, and nothing else. */
async function call(
  id: string,
  job: JobFile,
  contexts: Contexts,
  around: Surroundings,
): Promise<readonly JobEnd[]> {
  const workflow = parse(readFileSync(around.repository[job.uses!]!, 'utf8')) as Workflow
  const { workflow_call: declared } = workflow.on as {
    readonly workflow_call: { readonly inputs?: Declared; readonly secrets?: Declared }
  }
  const inputs = taken(`${id}: with`, declared.inputs ?? {}, evaluateAll(job.with ?? {}, contexts))
  const secrets = taken(`${id}: secrets`, declared.secrets ?? {}, evaluateAll(job.secrets ?? {}, contexts))
  return runJobs(workflow, { inputs, secrets }, around)
}

function evaluateAll(texts: Readonly<Record<string, Value>>, contexts: Contexts): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      typeof text === 'string' ? evaluate(text, contexts) : text,
    ]),
  )
}

function taken(
  where: string,
  declared: Declared,
  given: Readonly<Record<string, Value>>,
): Record<string, Value> {
  for (const name of Object.keys(given))
    if (!(name in declared)) throw new Error(`${where}: nobody declares ${name}`)
  return Object.fromEntries(
    Object.entries(declared).map(([name, { required, default: usual = '' }]) => {
      if (required && given[name] === undefined) throw new Error(`${where}: ${name} is required`)
      return [name, given[name] ?? usual]
    }),
  )
}

interface Elsewhere {
  readonly name: string
  readonly job: JobFile
  readonly labels: readonly string[]
}

/** A job on a machine that asks for it by labels. */
async function runElsewhere(
  { name, job: file, labels }: Elsewhere,
  contexts: Contexts,
  { scene, checkout = 'true', onJob }: Surroundings,
): Promise<JobEnd> {
  const orders = (file.steps ?? []).map(({ uses, run, env = {} }) => {
    if (run === undefined && uses?.startsWith('actions/checkout@')) return { run: checkout }
    if (run === undefined) throw new Error(`this runner does not know the action ${uses}`)
    const texts = Object.entries(evaluateAll(env, contexts)).map(([key, value]) => [key, textOf(value)])
    return { run: textOf(evaluate(run, contexts)), env: Object.fromEntries(texts) as Texts }
  })
  const job = scene.github.queueJob({ name, labels, steps: orders })
  onJob?.(job)
  await job.completed
  return { name, result: job.conclusion === 'success' ? 'success' : 'failure', outputs: {}, log: job.log }
}

/** A job on a machine of GitHub's own: here. */
class HostedJob {
  readonly #name: string
  readonly #job: JobFile
  readonly #contexts: Contexts
  readonly #around: Surroundings
  readonly #actions: PreparedAction[] = []
  readonly #logs: string[] = []

  constructor(name: string, job: JobFile, contexts: Contexts, around: Surroundings) {
    this.#name = name
    this.#job = job
    this.#contexts = contexts
    this.#around = around
  }

  async run(): Promise<JobEnd> {
    const { steps = [], outputs = {} } = this.#job
    let result: JobEnd['result'] = 'success'
    let values: Record<string, Value> = {}
    try {
      values = evaluateAll(outputs, { ...this.#contexts, steps: await this.#run(steps, this.#contexts) })
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error
      result = 'failure'
    } finally {
      // Post steps run in any case, the last action first.
      for (const action of this.#actions.toReversed()) {
        this.#logs.push((await action.post()).log)
        await action.dispose()
      }
    }
    const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, textOf(value)]))
    return { name: this.#name, result, outputs: texts, log: this.#logs.join('\n') }
  }

  async #run(steps: readonly Step[], contexts: Contexts): Promise<Record<string, Value>> {
    const done: Record<string, { readonly outputs: Texts }> = {}
    for (const step of steps) {
      const now = { ...contexts, steps: done }
      if (!holds(step.if, now)) continue
      const outputs = await this.#use(step, evaluateAll(step.with ?? {}, now))
      if (step.id !== undefined) done[step.id] = { outputs }
    }
    return done
  }

  #use({ uses = '' }: Step, inputs: Readonly<Record<string, Value>>): Promise<Texts> {
    const [action = ''] = uses.split('@')
    if (action === ours) return this.#launch(inputs)
    if (uses.startsWith('./')) return this.#compose(uses, inputs)
    // The emulated cloud has credentials of its own, which are in the environment already.
    const { logins } = this.#around.scene.cloud.side.words
    if (action === 'actions/checkout' || action in logins) return Promise.resolve({})
    throw new Error(`this runner does not know the action ${uses}`)
  }

  async #launch(inputs: Readonly<Record<string, Value>>): Promise<Texts> {
    const { scene, dist, secrets, github, env } = this.#around
    const texts = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, textOf(value)]))
    const action = await prepareAction({
      dist,
      inputs: texts,
      env: {
        ...scene.variables,
        GITHUB_JOB: this.#name,
        GITHUB_EVENT_NAME: textOf(github.event_name ?? ''),
        ...env,
      },
      secrets: Object.values(secrets),
    })
    this.#actions.push(action)
    const main = await action.main()
    this.#logs.push(main.log)
    if (main.exitCode !== 0) throw new StepFailed()
    return jobOutputs(main)
  }

  /** An action that is steps has its own inputs and outputs, and sees no secret. */
  async #compose(uses: string, given: Readonly<Record<string, Value>>): Promise<Texts> {
    const file = join(this.#around.repository[uses]!, 'action.yml')
    const { inputs = {}, outputs = {}, runs } = parse(readFileSync(file, 'utf8')) as Composite
    if (runs.using !== 'composite')
      throw new Error(`this runner does not know ${runs.using} in ${dirname(file)}`)
    const own = { github: this.#contexts.github!, inputs: taken(uses, inputs, given) }
    const steps = await this.#run(runs.steps, own)
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { value }]) => [name, textOf(evaluate(value, { ...own, steps }))]),
    )
  }
}

class StepFailed extends Error {}
