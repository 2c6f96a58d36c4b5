import { rawOptionsOf, type Arguments } from './arguments.ts'
import { gitlabCiHost, type GitlabHost } from './gitlab-ci.ts'
import type { Variables } from './origin.ts'
import { terminalHost, type CommandLineHost } from './terminal.ts'

/** Who typed the command: a job of GitLab CI, a step of GitHub Actions, or somebody at a terminal or in another script. */
export async function commandLineHost(
  read: Arguments,
  variables: Variables = process.env,
): Promise<CommandLineHost> {
  if (isGitlabJob(variables)) return gitlabCiHost('main', read, variables)
  if (variables.GITHUB_ACTIONS === 'true')
    return (await import('./github-step.ts')).githubStepHost(read, variables)
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
