import { expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  prepareGitlabJob,
  runGitlabJob,
  type GitlabJobOptions,
  type GitlabJobResult,
  type PreparedGitlabJob,
} from '../emulators/gitlab-job.ts'
import type { Job, JobSpec } from '../emulators/gitlab/gitlab.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { startScene, type GitlabScene, type Leftovers, type SceneOptions } from '../emulators/scene.ts'
import { runCommand, type CommandOptions, type CommandResult } from './command-line.ts'
import { asVariables, dist, machineOf, shutDown, tellStory } from './story.ts'

type Inputs = NonNullable<GitlabJobOptions['inputs']>
type Rest = Partial<Omit<GitlabJobOptions, 'dist' | 'inputs'>>

/** Machines do not end by idleness unless a story is about that: how fast a host is must not matter. */
const defaults: Inputs = { 'idle-timeout': '1h' }

/** A scene with somebody in it who uses the product as users of GitLab do: through the component, or by the command line. */
export interface GitlabStage extends GitlabScene {
  /** A job of the component's template `runner`, script and after_script. */
  launch(inputs?: Inputs, rest?: Rest): Promise<GitlabJobResult>
  /** The same, stage by stage. */
  prepare(inputs?: Inputs, rest?: Rest): PreparedGitlabJob
  /** A job of another template, in the same pipeline. */
  run(
    template: 'stop' | 'sweep' | 'list' | 'rerun' | 'doctor',
    inputs?: Inputs,
    rest?: Rest,
  ): Promise<GitlabJobResult>
  /** `cml-runner …` in the script of somebody's own job, with the scene's token and cloud credentials, and what a launch is given there. */
  command(argv: readonly string[], options?: Partial<CommandOptions>): Promise<CommandResult>
  /** The same in a terminal. */
  terminal(argv: readonly string[], options?: Partial<CommandOptions>): Promise<CommandResult>
  /** A job with the tag that a launch handed over, as `tags: [cml-…]` asks for it. */
  jobFor(outputs: Readonly<Record<string, string>>, script: string, more?: Partial<JobSpec>): Job
  machine(index?: number): Machine
  /** Somebody presses the power buttons of all machines, which take their registrations away and end. */
  shutDown(): Promise<void>
}

export interface GitlabStoryOptions extends SceneOptions {
  /** What is left at its end; nothing unless it says so. */
  readonly left?: Leftovers
}

/** A test with a world of its own in which the forge is GitLab; see `story`. */
export function gitlabStory(
  name: string,
  tell: (stage: GitlabStage) => Promise<void>,
  { left, ...scene }: GitlabStoryOptions = {},
): void {
  test.concurrent(name, () => tellStory(() => openGitlabStage(scene), tell, left))
}

export async function openGitlabStage(options: SceneOptions): Promise<GitlabStage> {
  const scene = await startScene({ ...options, forge: 'gitlab' })
  const job = (inputs: Inputs, { env, ...rest }: Rest = {}): GitlabJobOptions => ({
    dist,
    secrets: scene.secrets,
    ...rest,
    inputs,
    env: { ...scene.variables, ...env },
  })
  const launching = asVariables(scene.cloud.side.inputs)
  const launch = (inputs: Inputs = {}, rest?: Rest) => job({ ...scene.inputs, ...defaults, ...inputs }, rest)
  return {
    ...scene,
    launch: (inputs, rest) => runGitlabJob(launch(inputs, rest)),
    prepare: (inputs, rest) => prepareGitlabJob(launch(inputs, rest)),
    run: (template, inputs = {}, rest = {}) =>
      runGitlabJob({ ...job({ cloud: scene.cloud.side.name, ...inputs }, rest), template }),
    command: (argv, { env, ...rest } = {}) =>
      runCommand(argv, {
        dist,
        home: scene.folder,
        ...rest,
        env: { ...scene.variables, ...launching, ...handJob, ...scene.secrets, ...env },
      }),
    terminal: (argv, { env, ...rest } = {}) =>
      runCommand(argv, {
        dist,
        home: scene.folder,
        ...rest,
        env: { ...scene.cloud.variables, ...launching, ...publishersOf(scene), ...scene.secrets, ...env },
      }),
    jobFor: ({ CML_LABEL, label = CML_LABEL ?? '' }, script, more = {}) =>
      scene.gitlab.queueJob({ name: 'train', tags: [label], script: [script], ...more }),
    machine: (index = 0) => machineOf(scene, index),
    shutDown: () => shutDown(scene),
  }
}

/** Where the emulated publishers are; everybody else's are on the internet. */
function publishersOf({ gitlab }: GitlabScene): Readonly<Record<string, string>> {
  return { CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads, CML_NODE_DOWNLOADS: gitlab.nodeDownloads }
}

/** What tells a job apart that calls the command line in a script of its own. */
const handJob = { CI_PIPELINE_ID: '9000', CI_JOB_ID: '4000', GITLAB_USER_LOGIN: 'tanuki' }

export interface HeldGitlabJob {
  readonly job: Job
  /** Resolves when its script runs. */
  readonly running: Promise<unknown>
  /** Lets its script end. */
  release(): void
}

let held = 0

/** A job whose script lasts until the story lets it end. */
export function heldGitlabJob(
  { gitlab, jobFor }: GitlabStage,
  outputs: Readonly<Record<string, string>>,
  machine: Machine,
): HeldGitlabJob {
  const go = join(machine.root, `go-${++held}`)
  const job = jobFor(outputs, `echo begun\nuntil [ -e ${go} ]; do sleep 0.1; done\necho done`)
  return {
    job,
    running: gitlab.until(() => job.output.includes('begun\n')),
    release: () => writeFileSync(go, ''),
  }
}

/** The script ended soon after the first signal, and the after_script removed what there was. */
export function expectCancelled({ status, script, afterScript, outputs }: GitlabJobResult): void {
  expect([status, outputs, afterScript?.exitCode]).toEqual(['canceled', {}, 0])
  expect(script.log).toMatch(/Interrupted by SIG(TERM|INT)/)
}

/** The runner's own token, which the launcher got and the machine has. */
export function runnerTokenOf({ gitlab }: GitlabStage): string {
  const token = gitlab.secrets().find((secret) => secret.startsWith('glrt-'))
  if (!token) throw new Error('no runner was made')
  return token
}
