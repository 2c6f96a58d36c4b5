import type { Secret } from '../model/secret.ts'
import type { Table, ValuesOf } from '../options/option.ts'
import type { Forge, ForgeContext } from './forge.ts'
import { githubOptions } from './github/options.ts'
import { gitlabOptions } from './gitlab/options.ts'

type Variables = ForgeContext['variables']

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
  /** Whether a job with these variables, or a repository there, is this forge's. */
  readonly detect: (variables: Variables, repo: URL | undefined) => boolean
  /** Loads the forge's own code at its first use. */
  readonly load: () => Promise<(settings: ForgeSettings<T>, context: ForgeContext) => Forge>
}

/** One line per forge. */
export const forges = [
  entry({
    name: 'github',
    title: 'GitHub',
    options: githubOptions,
    detect: isGithub,
    load: async () => (await import('./github/index.ts')).createGithub,
  }),
  entry({
    name: 'gitlab',
    title: 'GitLab',
    options: gitlabOptions,
    detect: isGitlab,
    load: async () => (await import('./gitlab/index.ts')).createGitlab,
  }),
] as const

/** Checks a line against its own table, then forgets which table it was: `open` takes settings parsed by that very table. */
function entry<T extends Table>({
  name,
  title,
  options,
  detect,
  load,
}: ForgeEntry<T>): {
  readonly name: string
  readonly title: string
  readonly options: Table
  readonly detect: ForgeEntry['detect']
  readonly open: (settings: ForgeSettings, context: ForgeContext) => Promise<Forge>
} {
  return {
    name,
    title,
    options,
    detect,
    open: async (settings, context) => (await load())(settings as ForgeSettings<T>, context),
  }
}

/** By the repository's host where there is one; a GitHub Enterprise Server can be called anything, so its own jobs tell. */
function isGithub(variables: Variables, repo: URL | undefined): boolean {
  if (!repo) return variables.GITHUB_ACTIONS === 'true'
  const { host, hostname } = repo
  const server = variables.GITHUB_SERVER_URL ?? ''
  return (
    hostname === 'github.com' ||
    hostname.endsWith('.ghe.com') ||
    (URL.canParse(server) && new URL(server).host === host)
  )
}

/** A server of one's own can be called anything, too: its jobs tell, else a name with `gitlab` in it. */
function isGitlab({ GITLAB_CI, CI_PROJECT_URL, CI_SERVER_URL }: Variables, repo: URL | undefined): boolean {
  if (!repo) return GITLAB_CI === 'true'
  const own = CI_PROJECT_URL || CI_SERVER_URL || ''
  const ownServer = GITLAB_CI === 'true' && URL.canParse(own) && new URL(own).host === repo.host
  return ownServer || /\bgitlab\b/i.test(repo.hostname)
}
