import { it } from '@jest/globals'

import { forges } from '../../src/forges/registry.ts'
import { startGithub } from '../emulators/github/github.ts'
import { startGitlab } from '../emulators/gitlab/gitlab.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { rowOf } from '../sides/sides.ts'
import { GitlabScene } from './gitlab-scene.ts'
import { Scene, until, type Wish } from './machine-scene.ts'

export interface MachineJob {
  readonly completed: Promise<unknown>
  readonly text: string
  /** As its forge calls what became of it. */
  readonly end: string
  readonly waits: boolean
}

/** A machine and its forge: only what every forge has, in words of none. */
export interface MachineWords {
  readonly folder: string
  boot(wish?: Wish): Promise<Machine>
  job(run: string): MachineJob
  /** Names of registrations. */
  registrations(): readonly string[]
  until<T>(find: () => T | undefined | false): Promise<T>
  /** Resolves once its runner asks for jobs. */
  listening(machine: Machine): Promise<unknown>
  /** Resolves once its runner is told to finish its job and take no other. */
  warned(machine: Machine): Promise<unknown>
  /** Does a job that is queued then stay where it is? A runner that looks for the next job at the end of one may be faster than its end. */
  readonly takesNoOther: boolean
  /** What lets the machine register or run. */
  secret(): string
  /** Processes that need it in their environment, which only their user and root can read. */
  readonly holders: number
  /** What becomes of jobs, by `end`. */
  readonly ends: { readonly done: string; readonly interrupted: string }
  /** What the program says in the journal each time it is told to end its job, where it says that. */
  readonly toldToEnd?: RegExp
}

interface Opened {
  readonly words: MachineWords
  close(): Promise<void>
}

/** One for each line of the registry. */
const openers: Readonly<Record<string, () => Promise<Opened>>> = {
  github: async () => {
    const scene = new Scene(await startGithub())
    const registration = await scene.token()
    const { github, folder } = scene
    const words: MachineWords = {
      folder,
      boot: (wish = {}) => scene.boot({ ...wish, config: { registration, ...wish.config } }),
      job: (run) => {
        const job = scene.job(run)
        return {
          completed: job.completed,
          get text() {
            return job.log
          },
          get end() {
            return String(job.conclusion)
          },
          get waits() {
            return job.status === 'queued'
          },
        }
      },
      registrations: () => github.runners().map(({ name }) => name),
      until: (find) => github.until(find),
      listening: (machine) => until(machine, 'listening'),
      warned: (machine) => until(machine, 'interrupted'),
      takesNoOther: false,
      secret: () => registration.token,
      holders: 0,
      ends: { done: 'success', interrupted: 'cancelled' },
    }
    return { words, close: () => scene.close() }
  },
  gitlab: async () => {
    const scene = new GitlabScene(await startGitlab())
    const { gitlab, folder } = scene
    const words: MachineWords = {
      folder,
      boot: async (wish) => scene.boot(wish),
      job: (run) => {
        const job = scene.job(run)
        return {
          completed: job.completed,
          get text() {
            return job.trace
          },
          get end() {
            return [job.status, ...(job.failureReason ? [job.failureReason] : [])].join(': ')
          },
          get waits() {
            return job.status === 'pending'
          },
        }
      },
      registrations: () => gitlab.runners().map(({ name }) => name),
      until: (find) => gitlab.until(find),
      listening: async (machine) => {
        await until(machine, 'listening')
        await gitlab.until(() => gitlab.runners()[0]?.online)
      },
      warned: (machine) =>
        machine.until(() => machine.journal.includes('Requested quit, waiting for builds to finish')),
      takesNoOther: true,
      secret: () => gitlab.secrets().find((secret) => secret.startsWith('glrt-')) ?? '',
      holders: 1,
      ends: { done: 'success', interrupted: 'failed: runner_interrupted' },
      toldToEnd: /Requested exit: terminated|forced exit/g,
    }
    return { words, close: () => scene.close() }
  },
}

/** One story, told of a machine of every forge. */
export function everyForge(title: string, tell: (words: MachineWords) => Promise<void>): void {
  for (const { name } of forges)
    it.concurrent(`${title} (${name})`, async () => {
      const open = rowOf('forge', name, openers, {
        purpose: 'tell stories of its machines',
        file: '__tests__/machine/<name>-scene.ts',
        table: '__tests__/machine/forge-words.ts',
      })
      const { words, close } = await open()
      try {
        await tell(words)
      } finally {
        await close()
      }
    })
}
