import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeVersion, runnerVersion } from '../../src/forges/gitlab/packages.ts'
import { startEc2, type Ec2Emulator, type Ec2Options } from './ec2/ec2.ts'
import { startGithub, type GithubEmulator, type GithubOptions } from './github/github.ts'
import { startGitlab, type GitlabEmulator, type GitlabOptions } from './gitlab/gitlab.ts'
import { createMachineBoot, type MachineBoot, type MachineOptions } from './machine/machine.ts'

export interface SceneOptions {
  readonly github?: GithubOptions
  readonly gitlab?: GitlabOptions
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

/** An EC2, the machines that it boots, and a forge: the world of one story. */
interface World {
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

/** The part of a scene that is one forge's. */
interface Side<E> {
  readonly emulator: E
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, string>>
}

type Emulator = Pick<GithubEmulator, 'refused' | 'close'> & {
  leftovers(): { readonly registrations: readonly unknown[] }
}

export function startScene(options?: SceneOptions & { readonly forge?: 'github' }): Promise<Scene>
export function startScene(options: SceneOptions & { readonly forge: 'gitlab' }): Promise<GitlabScene>
export function startScene(
  options: SceneOptions & { readonly forge?: 'github' | 'gitlab' },
): Promise<AnyScene>
export async function startScene({
  forge = 'github',
  ...options
}: SceneOptions & { readonly forge?: 'github' | 'gitlab' } = {}): Promise<AnyScene> {
  if (forge === 'gitlab') {
    const { emulator: gitlab, ...world } = await open(options, gitlabSide(options.gitlab))
    return { forge, gitlab, secrets: { GITLAB_TOKEN: gitlab.token() }, ...world }
  }
  const { emulator: github, ...world } = await open(options, githubSide(options.github))
  return { forge, github, ...world }
}

async function githubSide(options?: GithubOptions): Promise<Side<GithubEmulator>> {
  const github = await startGithub(options)
  return {
    emulator: github,
    variables: {
      GITHUB_SERVER_URL: github.url,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: 'octo-org/octo-repo',
    },
    inputs: { token: github.token() },
  }
}

/** The publishers' side has what machines of either architecture fetch. */
async function gitlabSide(options?: GitlabOptions): Promise<Side<GitlabEmulator>> {
  // Loaded late: it brings a bundler along.
  const { gitlabRunner, nodeArchive } = await import('./gitlab-runner/package.ts')
  const gitlab = await startGitlab(options)
  const { bytes } = gitlabRunner()
  gitlab.publishRunner(`v${runnerVersion}`, { amd64: bytes, arm64: bytes })
  gitlab.publishNode(`v${nodeVersion}`, {
    'linux-x64.tar.gz': nodeArchive(nodeVersion, 'x64').bytes,
    'linux-arm64.tar.gz': nodeArchive(nodeVersion, 'arm64').bytes,
  })
  return {
    emulator: gitlab,
    variables: {
      ...gitlab.variables,
      CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads,
      CML_NODE_DOWNLOADS: gitlab.nodeDownloads,
    },
    inputs: {},
  }
}

async function open<E extends Emulator>(
  options: SceneOptions,
  opening: Promise<Side<E>>,
): Promise<World & { readonly emulator: E }> {
  // No path of a machine has spaces, and its units rely on that; a developer's TMPDIR may.
  const folder = mkdtempSync(join(/\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'cml-runner-scene-'))
  const boot = createMachineBoot({ folder, docker: true, ...options.machine })
  const [{ emulator, variables, inputs }, ec2] = await Promise.all([
    opening,
    startEc2({ ...options.ec2, ...(options.boots === false ? {} : { boot }) }),
  ])
  return {
    emulator,
    ec2,
    boot,
    folder,
    variables: { ...ec2.variables, ...variables },
    inputs: { cloud: 'aws', 'idle-timeout': '3', ...inputs },
    leftovers: () => ({
      cloud: Object.values(ec2.leftovers()).reduce((sum, count) => sum + count, 0),
      forge: emulator.leftovers().registrations.length,
    }),
    refused: () => [
      ...emulator.refused,
      ...ec2.refused,
      ...boot.machines.flatMap((machine) => machine.refused),
    ],
    async close() {
      await Promise.all(boot.machines.map((machine) => machine.terminate()))
      await Promise.all([emulator.close(), ec2.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
