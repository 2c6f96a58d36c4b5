import { Failure } from '../../model/failure.ts'

/**
 * Tokens that open other doors, by their prefixes (docs.gitlab.com/security/tokens/#token-prefixes). A server may put a prefix of its own
 * before any of them: `mycompany-glrt-…` ("Instance token prefix").
 */
const otherTokens: Readonly<Record<string, string>> = {
  glcbt: 'the token of a job (CI_JOB_TOKEN)',
  gldt: 'a deploy token',
  glrt: "a runner's own token",
  // Of a runner that was made with a registration token.
  glrtr: "a runner's own token",
  glptt: 'a token that triggers pipelines',
  glft: 'a feed token',
  glimt: 'a token for incoming mail',
  glagent: 'the token of an agent for Kubernetes',
  glwt: 'the token of a workspace',
  glsoat: 'a SCIM token',
  glffct: "the token of a feature flags' client",
  gloas: "an OAuth application's secret",
}

/** The kind of a token is told by the first mark in it; behind that one anything may follow. */
const mark = new RegExp(`^(?:[^\\s]{1,20}?-)??(glpat|${Object.keys(otherTokens).join('|')})-`)

function kindOf(token: string): string | undefined {
  if (/^GR1348941/.test(token)) return 'a registration token for runners'
  if (/^_gitlab_session=/.test(token)) return 'the cookie of a session'
  const [, kind] = mark.exec(token) ?? []
  return kind === undefined ? undefined : otherTokens[kind]
}

export interface Given {
  /** Of the job this runs in. */
  readonly jobToken: string | undefined
  /** Where the token came from, as a person would say it. */
  readonly source: string | undefined
  /** What would be right, as a noun. */
  readonly needed: string
}

/** What can be told about a token without asking; empty = nothing is wrong with it. */
export function wrongToken(token: string, { jobToken, source, needed }: Given): readonly Failure[] {
  const what = token === jobToken ? otherTokens.glcbt : kindOf(token)
  const from = source ? ` (from ${source})` : ''
  if (what)
    return [
      new Failure('permission-denied', {
        tried: `use the token${from} for runners`,
        said: `it is ${what}, which cannot create runners whatever its job or project may do`,
        fix: `put another token into a masked CI/CD variable and give it as \`token\`: ${needed}.`,
      }),
    ]
  if (/^[\x21-\x7e]+$/.test(token)) return []
  return [
    new Failure('invalid-input', {
      tried: `use the token${from}`,
      said: 'it holds characters that no token has',
      fix: 'copy it again, as a whole and on one line.',
    }),
  ]
}
