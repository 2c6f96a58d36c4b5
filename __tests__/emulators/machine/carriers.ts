import { parseConfig } from '../../../src/machine/config-file.ts'
import type { AgentConfig } from '../../../src/machine/agent-config.ts'
import * as machinePaths from '../../../src/machine/paths.ts'
import type { Carrier, MachineSpec } from '../machine-port.ts'
import { fileInScript, GuestAgent } from '../gcp/guest-agent.ts'
import { CloudInit } from './cloud-init.ts'
import { configInPod } from './pod.ts'
import { decodeUserData } from './user-data.ts'

/** What a carrier needs of its machine. */
export interface CarrierOptions {
  /** Folder that stands for `/`. */
  readonly root: string
  /** What its scripts get. */
  environment(): Readonly<Record<string, string>>
  /** A line on the console. */
  readonly print: (line: string) => void
  readonly log: (text: string) => void
  readonly refuse: (why: string) => void
  readonly isOver: () => boolean
  /** See `MachineSpec`. */
  readonly copies: readonly string[]
  /** The last stage of the first boot does not end by itself. */
  readonly lingers: boolean
  /** /var is mounted so that nothing in it can be executed. */
  readonly noexec: boolean
}

/** The program of a machine's image that takes what was sent and acts upon it. */
export interface CarrierProgram {
  /** A unit that is over with it, for whatever is to start after that. */
  readonly service: string
  /** What the machine trusts, as a bundle's path: the image's certificates (PEM) and those that were sent; undefined where there are none. */
  trust(ofImage: string | undefined): string | undefined
  /** Before the system has come up. */
  early(first: boolean): Promise<void>
  /** When it has. `first`: of the first boot; the disk of a later one is as the last boot has left it. */
  late(first: boolean): Promise<void>
}

interface CarrierLine {
  open(userData: Buffer, options: CarrierOptions): CarrierProgram
  /** A file that was sent, by its path on the machine. Nothing is executed for it. */
  file(userData: Buffer, path: string): Buffer | undefined
}

/** The carriers of machines that boot. A carrier without a boot, as a pod's, is no line here but a machine of its own. */
export const carriers: Readonly<Record<Exclude<Carrier, 'mounted'>, CarrierLine>> = {
  'cloud-init': {
    open: (userData, options) => new CloudInit(userData, options),
    file: (userData, path) => decodeUserData(userData).files.find((file) => file.path === path)?.bytes,
  },
  'startup-script': {
    open: (userData, options) => new GuestAgent(userData, options),
    file: (userData, path) => fileInScript(userData.toString('utf8'), path),
  },
}

/** The agent's configuration in what was sent: for machines that do not boot but behave as if they had. */
export function agentConfigOf({ carrier, userData }: MachineSpec): AgentConfig {
  if (carrier === 'mounted') return configInPod({ userData })
  const bytes = carriers[carrier].file(userData, machinePaths.config)
  if (!bytes) throw new Error('what was sent holds no configuration')
  return parseConfig(bytes.toString('utf8'))
}
