import { hostOf } from '../../lib/address.ts'
import type { ForgeContext, Servers, TokenVariable } from '../forge.ts'

/** github.com, and Enterprise Cloud with data residency. */
export function isHosted(address: URL): boolean {
  return /^github\.com$|\.ghe\.com$/.test(canonical(address).host)
}

/**
 * One spelling for one server. `www.` redirects to github.com, `ssh.` is its SSH server on the port of https
 * (docs.github.com, "Using SSH over the HTTPS port"); what GitHub hosts answers to https alone.
 */
export function canonical(address: URL): URL {
  const host = hostOf(address).replace(/^(www|ssh)\.(?=github\.com$)/, '')
  const hosted = /^github\.com$|\.ghe\.com$/.test(host)
  const web = /^https?:$/.test(address.protocol)
  return new URL(`${hosted && web ? 'https:' : address.protocol}//${host}${address.pathname}`)
}

/** A job's own token, and one that a person exports for `gh` (`gh help environment` describes GH_HOST). */
const githubToken: TokenVariable = {
  name: 'GITHUB_TOKEN',
  servers: "github.com, *.ghe.com, the job's own server (GITHUB_SERVER_URL) and the one in GH_HOST",
  fits(server, _named, variables) {
    const host = hostOf(canonical(server))
    return isHosted(server) || host === jobsServer(variables) || host === variables.GH_HOST?.toLowerCase()
  },
}

export const githubServers: Servers = {
  isHosted,
  /** By the repository's host where there is one; a GitHub Enterprise Server can be called anything, so its own jobs tell. */
  detect(variables, repo) {
    if (!repo) return variables.GITHUB_ACTIONS === 'true'
    return isHosted(repo) || hostOf(repo) === jobsServer(variables)
  },
  tokens: [githubToken],
}

function jobsServer({ GITHUB_SERVER_URL = '' }: ForgeContext['variables']): string | undefined {
  return URL.canParse(GITHUB_SERVER_URL) ? hostOf(new URL(GITHUB_SERVER_URL)) : undefined
}
