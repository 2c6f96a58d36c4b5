import type { OwnProgram } from '../machine/own-program.ts'
import type { Ability } from '../machine/runner-program.ts'
import type { Secret } from '../model/secret.ts'
import type { Table, ValuesOf } from '../options/option.ts'
import type { Forge, ForgeContext, Servers, TokenVariable } from './forge.ts'
import { githubOptions } from './github/options.ts'
import { githubServers } from './github/servers.ts'
import { gitlabOptions } from './gitlab/options.ts'
import { gitlabServers } from './gitlab/servers.ts'

/** Settings of a forge: its own table, and the two options that every forge needs. */
export type ForgeSettings<T extends Table = Table> = ValuesOf<T> & {
  readonly repo: URL | undefined
  readonly token: Secret
  /** Of the launch that is asked for: whether the forge would take them. */
  readonly labels?: readonly string[]
}

/** What the launcher knows of a forge before it is used. */
export interface ForgeEntry<T extends Table = Table> {
  readonly name: string
  /** As people write it. */
  readonly title: string
  readonly options: T
  readonly servers: Servers
  /** What its half on the machine (runner-program.ts) needs of the agent. */
  readonly abilities: readonly Ability[]
  /** Loads its half on a machine of one's own. */
  readonly ownMachine: () => Promise<OwnProgram>
  /** Loads the forge's own code at its first use. */
  readonly load: () => Promise<(settings: ForgeSettings<T>, context: ForgeContext) => Forge>
}

/** One line per forge. */
export const forges = [
  entry({
    name: 'github',
    title: 'GitHub',
    options: githubOptions,
    servers: githubServers,
    abilities: [],
    ownMachine: async () => (await import('./github/own-machine.ts')).githubOnOwnMachine,
    load: async () => (await import('./github/index.ts')).createGithub,
  }),
  entry({
    name: 'gitlab',
    title: 'GitLab',
    options: gitlabOptions,
    servers: gitlabServers,
    abilities: ['request', 'lookForDocker'],
    ownMachine: async () => (await import('./gitlab/own-machine.ts')).gitlabOnOwnMachine,
    load: async () => (await import('./gitlab/index.ts')).createGitlab,
  }),
] as const

/** CML's names for the token of whatever forge: whoever made a folder does not get it by writing a server into its git remote. */
export const commonTokens: readonly TokenVariable[] = ['REPO_TOKEN', 'repo_token'].map((name) => ({
  name,
  servers: 'github.com, *.ghe.com, gitlab.com, the server of the job, and the one that `repo` names',
  fits: (server, named) => named || forges.some(({ servers }) => servers.isHosted(server)),
}))

/** Checks a line against its own table, then forgets which table it was: `open` takes settings parsed by that very table. */
function entry<T extends Table>({
  name,
  title,
  options,
  servers,
  abilities,
  ownMachine,
  load,
}: ForgeEntry<T>): {
  readonly name: string
  readonly title: string
  readonly options: Table
  readonly servers: Servers
  readonly abilities: readonly Ability[]
  readonly ownMachine: () => Promise<OwnProgram>
  readonly open: (settings: ForgeSettings, context: ForgeContext) => Promise<Forge>
} {
  return {
    name,
    title,
    options,
    servers,
    abilities,
    ownMachine,
    open: async (settings, context) => (await load())(settings as ForgeSettings<T>, context),
  }
}
