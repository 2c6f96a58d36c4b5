import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEc2, type Ec2Emulator, type Ec2Options } from './ec2/ec2.ts'
import { startGithub, type GithubEmulator, type GithubOptions } from './github/github.ts'
import { createMachineBoot, type MachineBoot, type MachineOptions } from './machine/machine.ts'

export interface SceneOptions {
  readonly github?: GithubOptions
  readonly machine?: MachineOptions
  readonly ec2?: Omit<Ec2Options, 'boot'>
  /** False: machines are entries at the cloud that never boot. */
  readonly boots?: boolean
}

/** What is left of everything a launch could have made. */
export interface Leftovers {
  readonly cloud: number
  readonly forge: number
}

/** A GitHub, an EC2 and the machines that EC2 boots: the world of one story. */
export interface Scene {
  readonly github: GithubEmulator
  readonly ec2: Ec2Emulator
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

export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  // No path of a machine has spaces, and its units rely on that; a developer's TMPDIR may.
  const folder = mkdtempSync(join(/\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'cml-runner-scene-'))
  const boot = createMachineBoot({ folder, docker: true, ...options.machine })
  const [github, ec2] = await Promise.all([
    startGithub(options.github),
    startEc2({ ...options.ec2, ...(options.boots === false ? {} : { boot }) }),
  ])
  return {
    github,
    ec2,
    boot,
    folder,
    variables: {
      ...ec2.variables,
      GITHUB_SERVER_URL: github.url,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: 'octo-org/octo-repo',
    },
    inputs: { cloud: 'aws', token: github.token(), 'idle-timeout': '3' },
    leftovers: () => ({
      cloud: Object.values(ec2.leftovers()).reduce((sum, count) => sum + count, 0),
      forge: github.leftovers().registrations.length,
    }),
    refused: () => [
      ...github.refused,
      ...ec2.refused,
      ...boot.machines.flatMap((machine) => machine.refused),
    ],
    async close() {
      await Promise.all(boot.machines.map((machine) => machine.terminate()))
      await Promise.all([github.close(), ec2.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
