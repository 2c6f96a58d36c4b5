import { expect } from '@jest/globals'
import { existsSync, watch, writeFileSync, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import * as machinePaths from '../../src/machine/paths.ts'
import type { Job, JobSpec } from '../emulators/github/github.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import type { AnyScene } from '../emulators/scene.ts'
import { usualCloud } from '../sides/sides.ts'
import { milestones, type Stage } from './story.ts'

export const minute = 60

/**
 * An idle time that no host is too slow for, since the story itself lets it pass; so short that the registration token, which is
 * good for an hour, can still remove the registration at the end.
 */
export const tenMinutes = { 'idle-timeout': '10m' } as const

/** Of the agent; it looks around that often, in s. */
const lookPause = 2

/** Resolves once the agent runs: it makes the hooks' folder when it starts, and says nothing yet. */
export async function awake(machine: Machine): Promise<void> {
  await machine.until(() => machine.agentProcess() !== undefined)
  const folder = join(machine.root, machinePaths.hooks)
  let watcher: FSWatcher | undefined
  await new Promise<void>((resolve) => {
    const look = (): void => void (existsSync(folder) && resolve())
    watcher = watch(join(folder, '..'), look)
    look()
  }).finally(() => watcher?.close())
}

/**
 * Resolves once the agent has looked around and acted on what it saw. A look takes every file out of the hooks' folder, whatever
 * it is called, so that a file tells; the second one tells that the look which took the first is over.
 */
export async function looked(machine: Machine): Promise<void> {
  for (const name of ['first', 'second']) await taken(machine, join(machine.root, machinePaths.hooks, name))
}

async function taken(machine: Machine, path: string): Promise<void> {
  let watcher: FSWatcher | undefined
  await new Promise<void>((resolve, reject) => {
    const look = (): void => void (existsSync(path) || resolve())
    watcher = watch(join(path, '..'), look)
    writeFileSync(path, '')
    machine.passTime(lookPause)
    void machine.ended.then(() => reject(new Error(`the machine has ended:\n${machine.console()}`)))
  }).finally(() => watcher?.close())
}

const ends = (machine: Machine): string[] =>
  milestones(machine).filter((name) => name === 'job-ended' || name === 'ending')

/** Lets time pass for the agent; it has seen it pass, and ends neither a job nor the machine for that. */
export async function outlives(machine: Machine, seconds: number): Promise<void> {
  const before = ends(machine)
  machine.passTime(seconds)
  await looked(machine)
  expect(ends(machine)).toEqual(before)
}

/** Resolves once the agent waits for a job, after so many of them. */
export async function idle(machine: Machine, jobs = 0): Promise<void> {
  await machine.until(() => {
    const said = milestones(machine)
    return said.includes('listening') && said.filter((name) => name === 'job-ended').length >= jobs
  })
}

/** The end that most machines come to: no job came for ten minutes after so many. */
export async function endsIdle(machine: Machine, jobs = 0): Promise<void> {
  await idle(machine, jobs)
  machine.passTime(10 * minute)
  expect(await machine.ended).toBe(usualCloud().ownEnd)
  expect(machine.console()).toMatch(/ ending: idle for \d{3,4} s$/m)
}

/** The lifetime of a machine is over: a timer of its own ends it, or the clock of who runs it. Gives what it says then. */
export function passLifetime({ cloud }: Pick<AnyScene, 'cloud'>, machine: Machine, seconds: number): string {
  const { withoutSystem, words } = cloud.side
  if (withoutSystem) cloud.advance(seconds * 1000)
  else machine.systemd.skipTo('cml-runner-deadline.timer')
  return withoutSystem ? `interrupted: ${words.takenBack}` : 'ending: its lifetime is over'
}

export interface HeldJob {
  readonly job: Job
  /** Resolves when its step runs. */
  readonly running: Promise<unknown>
  /** Lets its step end. */
  release(): void
}

let held = 0

/** A job whose step lasts until the story lets it end. */
export function heldJob(
  { github, jobFor }: Stage,
  outputs: Readonly<Record<string, string>>,
  machine: Machine,
  { run = ':', ...more }: Partial<JobSpec> & { readonly run?: string } = {},
): HeldJob {
  const go = `go-${++held}`
  const job = jobFor(outputs, `${run}\nuntil [ -e ~/${go} ]; do sleep 0.1; done\necho done`, more)
  return {
    job,
    running: github.until(() => job.steps[0]),
    release: () => writeFileSync(join(machine.root, machinePaths.userHome, go), ''),
  }
}
