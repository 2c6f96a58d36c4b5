import { hostOf } from '../../lib/address.ts'
import type { ForgeContext, Servers, TokenVariable } from '../forge.ts'

/** Other spellings of gitlab.com only redirect, which gitlab-runner's requests for jobs do not survive. */
export function canonical(address: URL): URL {
  const host = hostOf(address)
  if (isHosted(address) && /^https?:$/.test(address.protocol))
    return new URL(`https://gitlab.com${address.pathname}`)
  return new URL(`${address.protocol}//${host}${address.pathname}`)
}

/** `altssh.` is its SSH server on the port of https (docs.gitlab.com/user/ssh). */
function isHosted(address: URL): boolean {
  return /^((www|altssh)\.)?gitlab\.com$/.test(hostOf(address))
}

/**
 * In a job it is the project's, so it belongs to the job's server; else to gitlab.com, to the server that GITLAB_HOST names for `glab`, and to
 * one that somebody names to us, not to one that a git remote told.
 */
const gitlabToken: TokenVariable = {
  name: 'GITLAB_TOKEN',
  servers:
    "the job's own GitLab (CI_SERVER_URL) and the one in GITLAB_HOST; outside of jobs gitlab.com and the GitLab that `repo` names",
  fits(server, named, variables) {
    const { GITLAB_CI, GITLAB_HOST = '' } = variables
    const host = hostOf(canonical(server))
    if ([jobsServer(variables), hostIn(GITLAB_HOST), hostIn(`https://${GITLAB_HOST}`)].includes(host))
      return true
    return GITLAB_CI !== 'true' && (named || isHosted(server))
  },
}

export const gitlabServers: Servers = {
  isHosted,
  /** A server of one's own can be called anything: its jobs tell, else a name with `gitlab` in it. */
  detect(variables, repo) {
    const inJob = variables.GITLAB_CI === 'true'
    if (!repo) return inJob
    return (inJob && hostOf(repo) === jobsServer(variables)) || /\bgitlab\b/i.test(repo.hostname)
  },
  tokens: [gitlabToken],
}

function jobsServer({ CI_PROJECT_URL, CI_SERVER_URL }: ForgeContext['variables']): string | undefined {
  return hostIn(CI_PROJECT_URL || CI_SERVER_URL || '')
}

function hostIn(address: string): string | undefined {
  return /^https?:/.test(address) && URL.canParse(address) ? hostOf(new URL(address)) : undefined
}
