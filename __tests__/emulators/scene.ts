import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CloudOptions, CloudSide, EmulatedCloud } from '../sides/cloud-side.ts'
import type { ForgeEmulator, OpenForge } from '../sides/forge-side.ts'
import { forgeSides, usualCloud, type ForgeName } from '../sides/sides.ts'
import type { GithubEmulator, GithubOptions } from './github/github.ts'
import type { GitlabEmulator, GitlabOptions } from './gitlab/gitlab.ts'
import { createMachineBoot, type MachineBoot, type MachineOptions } from './machine/machine.ts'

export interface SceneOptions {
  /** The usual one when absent. */
  readonly cloud?: CloudSide
  readonly github?: GithubOptions
  readonly gitlab?: GitlabOptions
  readonly machine?: MachineOptions
  /** Of the cloud's emulator. */
  readonly emulated?: Omit<CloudOptions, 'boot'>
  /** False: machines are entries at the cloud that never boot. */
  readonly boots?: boolean
}

/** What is left of everything a launch could have made. */
export interface Leftovers {
  readonly cloud: number
  readonly forge: number
}

/** A cloud, the machines that it boots, and a forge: the world of one story. */
interface World {
  readonly cloud: EmulatedCloud
  readonly boot: MachineBoot
  /** Folder of this scene; gone after `close`. */
  readonly folder: string
  /** Variables of a job in this world: where the forge and the cloud are, cloud credentials. No token. */
  readonly variables: Readonly<Record<string, string>>
  /** `with:` of a plain launch. */
  readonly inputs: Readonly<Record<string, string>>
  leftovers(): Leftovers
  /** What the emulators did not understand; a story asserts that it is empty. */
  refused(): readonly string[]
  close(): Promise<void>
}

export interface Scene extends World {
  readonly forge: 'github'
  readonly github: GithubEmulator
}

export interface GitlabScene extends World {
  readonly forge: 'gitlab'
  readonly gitlab: GitlabEmulator
  /** Masked variables of the project. */
  readonly secrets: Readonly<Record<string, string>>
}

export type AnyScene = Scene | GitlabScene

export function startScene(options?: SceneOptions & { readonly forge?: 'github' }): Promise<Scene>
export function startScene(options: SceneOptions & { readonly forge: 'gitlab' }): Promise<GitlabScene>
export function startScene(options: SceneOptions & { readonly forge?: ForgeName }): Promise<AnyScene>
export async function startScene({
  forge = 'github',
  ...options
}: SceneOptions & { readonly forge?: ForgeName } = {}): Promise<AnyScene> {
  if (forge === 'gitlab') {
    const { emulator: gitlab, ...world } = await open(options, forgeSides.gitlab.open(options.gitlab))
    return { forge, gitlab, secrets: { GITLAB_TOKEN: gitlab.token() }, ...world }
  }
  const { emulator: github, ...world } = await open(options, forgeSides.github.open(options.github))
  return { forge, github, ...world }
}

async function open<E extends ForgeEmulator>(
  { cloud: side = usualCloud(), ...options }: SceneOptions,
  opening: Promise<OpenForge<E>>,
): Promise<World & { readonly emulator: E }> {
  // No path of a machine has spaces, and its units rely on that; a developer's TMPDIR may.
  const folder = mkdtempSync(join(/\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'cml-runner-scene-'))
  const boot = createMachineBoot({ folder, docker: true, ...options.machine })
  const [{ emulator, variables, inputs }, cloud] = await Promise.all([
    opening,
    side.start({ ...options.emulated, ...(options.boots === false ? {} : { boot }) }),
  ])
  return {
    emulator,
    cloud,
    boot,
    folder,
    variables: { ...cloud.variables, ...variables },
    inputs: { cloud: side.name, 'idle-timeout': '3', ...inputs },
    leftovers: () => ({
      cloud: cloud.leftovers(),
      forge: emulator.leftovers().registrations.length,
    }),
    refused: () => [
      ...emulator.refused,
      ...cloud.refused,
      ...boot.machines.flatMap((machine) => machine.refused),
    ],
    async close() {
      await Promise.all(boot.machines.map((machine) => machine.terminate()))
      await Promise.all([emulator.close(), cloud.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
