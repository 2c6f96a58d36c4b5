import { rawOptionsOf, type Arguments } from './arguments.ts'
import { gitlabCiHost, type GitlabHost } from './gitlab-ci.ts'
import type { RawOptions } from './host.ts'
import type { Variables } from './origin.ts'
import { terminalHost, type TerminalHost } from './terminal.ts'

export interface CommandLineHost extends TerminalHost {
  readOptions(): RawOptions
}

/** Who typed the command: a job of GitLab CI, or somebody at a terminal or in another script. */
export function commandLineHost(read: Arguments, variables: Variables = process.env): CommandLineHost {
  if (isGitlabJob(variables)) return gitlabCiHost('main', read, variables)
  return { ...terminalHost(variables), readOptions: () => rawOptionsOf(read, variables) }
}

/**
 * The host of `post launch` and `post stop`, which the after_script of the GitLab component calls to end what its script began; undefined
 * for any other command, and where there is no such script. Nothing that help speaks of.
 */
export function afterScriptHost(read: Arguments, variables: Variables = process.env): GitlabHost | undefined {
  if (!isGitlabJob(variables) || read.words[0] !== 'post') return undefined
  return gitlabCiHost('post', read, variables)
}

function isGitlabJob({ GITLAB_CI }: Variables): boolean {
  return GITLAB_CI === 'true'
}
