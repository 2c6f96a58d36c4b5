import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CloudOptions, CloudSide, EmulatedCloud } from '../sides/cloud-side.ts'
import type { OpenForge } from '../sides/forge-side.ts'
import { forgeSides, usualCloud, type ForgeName } from '../sides/sides.ts'
import { createMachineBoot, type MachineBoot, type MachineOptions } from './machine/machine.ts'

type Sides = typeof forgeSides

/** Options of each forge's emulator, by the forge's name. */
type ForgeOptions = { readonly [F in ForgeName]?: NonNullable<Parameters<Sides[F]['open']>[0]> }

export interface SceneOptions extends ForgeOptions {
  /** The usual one when absent. */
  readonly cloud?: CloudSide
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

/** A world with this forge in it, and what only that forge has. */
export type SceneOf<F extends ForgeName> = World & Awaited<ReturnType<Sides[F]['open']>>['own']
/** Of the forge that stories are told of when they name none. */
export type Scene = SceneOf<UsualForge>
export type GitlabScene = SceneOf<'gitlab'>
export type AnyScene = { readonly [F in ForgeName]: SceneOf<F> }[ForgeName]

type UsualForge = 'github'
const usualForge: UsualForge = 'github'

export async function startScene<F extends ForgeName = UsualForge>({
  forge,
  ...options
}: SceneOptions & { readonly forge?: F } = {}): Promise<SceneOf<F>> {
  const name: ForgeName = forge ?? usualForge
  const open = forgeSides[name].open as (options?: object) => Promise<OpenForge<object>>
  const { own, ...world } = await openWorld(options, open(options[name]))
  // A world and the part of the forge that was asked for: the compiler cannot follow the table.
  return { ...own, ...world } as SceneOf<F>
}

async function openWorld(
  { cloud: side = usualCloud(), ...options }: SceneOptions,
  opening: Promise<OpenForge<object>>,
): Promise<World & { readonly own: object }> {
  // No path of a machine has spaces, and its units rely on that; a developer's TMPDIR may.
  const folder = mkdtempSync(join(/\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'cml-runner-scene-'))
  const boot = createMachineBoot({ folder, docker: true, ...options.machine })
  const [{ emulator, variables, inputs, own }, cloud] = await Promise.all([
    opening,
    side.start({ ...options.emulated, ...(options.boots === false ? {} : { boot }) }),
  ])
  return {
    own,
    cloud,
    boot,
    folder,
    variables: { ...cloud.variables, ...variables },
    inputs: { cloud: side.name, ...side.inputs, 'idle-timeout': '3', ...inputs },
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
      try {
        await Promise.all(boot.machines.map((machine) => machine.terminate()))
      } finally {
        try {
          await Promise.all([emulator.close(), cloud.close()])
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      }
    },
  }
}
