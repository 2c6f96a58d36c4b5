import { type Answer, refusal } from './wire.ts'

/** Tokens that the emulator knows, by what becomes of whoever uses them. */
export const tokenKinds = {
  /** Classic, of an admin, with `repo` and `admin:org`. */
  admin: 'ghp_admin0000000000000000000000000000000',
  /** Fine-grained, with everything runners need. */
  'fine-grained': 'github_pat_11ADMIN_administration_write',
  /** Classic, of an admin, but without the scope. */
  'classic-without-scope': 'ghp_noscope00000000000000000000000000000',
  /** Classic with the scope, of somebody who is not an admin. */
  'not-admin': 'ghp_notadmin0000000000000000000000000000',
  /** Fine-grained, without Administration or Self-hosted runners. */
  'fine-grained-without-permission': 'github_pat_11READER_contents_read',
  /** A job's own GITHUB_TOKEN. */
  job: 'ghs_jobtoken0000000000000000000000000000',
  /** Expired, revoked or mistyped. */
  expired: 'ghp_expired00000000000000000000000000000',
  /** Not authorised for the organisation's single sign-on. */
  'without-sso': 'ghp_nosso0000000000000000000000000000000',
  /** Used from an address that the organisation does not allow. */
  'wrong-address': 'ghp_address00000000000000000000000000000',
} as const

export type TokenKind = keyof typeof tokenKinds

/** What an operation asks of a token. */
export interface Requirement {
  /** Classic scopes, any of which is enough. */
  readonly scopes: readonly string[]
  /** `administration=write`, as GitHub's header says it. */
  readonly permission: string
  /** Whether reading runs and jobs is all it is: a job's token may. */
  readonly actionsOnly: boolean
}

export function requirementOf(method: string, template: string): Requirement {
  const level = method === 'get' ? 'read' : 'write'
  if (template.includes('/check-runs/'))
    return { scopes: ['repo'], permission: `checks=${level}`, actionsOnly: true }
  if (/\/actions\/(?:runs|jobs)/.test(template))
    return { scopes: ['repo'], permission: `actions=${level}`, actionsOnly: true }
  if (template.startsWith('/orgs'))
    return {
      scopes: ['admin:org'],
      permission: `organization_self_hosted_runners=${level}`,
      actionsOnly: false,
    }
  return { scopes: ['repo'], permission: `administration=${level}`, actionsOnly: false }
}

export function kindOf(authorization: string | undefined): TokenKind | undefined {
  const token = /^(?:token|bearer) (.+)$/i.exec(authorization ?? '')?.[1]
  return (Object.keys(tokenKinds) as TokenKind[]).find((kind) => tokenKinds[kind] === token)
}

const classicScopes: Partial<Record<TokenKind, string>> = {
  admin: 'admin:org, repo, workflow',
  'classic-without-scope': 'gist, read:user',
  'not-admin': 'admin:org, repo',
  'without-sso': 'admin:org, repo',
  'wrong-address': 'admin:org, repo',
}

/** Headers about what the token has and what the operation wants: classic tokens get scopes, the others permissions. */
export function tokenHeaders(kind: TokenKind, { scopes, permission }: Requirement): Record<string, string> {
  const has = classicScopes[kind]
  return has === undefined
    ? { 'x-accepted-github-permissions': permission }
    : { 'x-oauth-scopes': has, 'x-accepted-oauth-scopes': scopes.join(', ') }
}

/**
 * GitHub's refusal of a token for an operation, or undefined when it is welcome. Statuses and words as met in the wild:
 * actions/actions-runner-controller 229 and 931, machulav/ec2-github-runner 48, cli/cli 2661, aquasecurity/trivy 10567.
 */
export function refuse(
  authorization: string | undefined,
  requirement: Requirement,
  owner: string,
  isPrivate: boolean,
): Answer | undefined {
  if (!authorization) return refusal(401, 'Requires authentication')
  const kind = kindOf(authorization)
  if (kind === undefined || kind === 'expired') return refusal(401, 'Bad credentials')
  const headers = tokenHeaders(kind, requirement)
  switch (kind) {
    case 'admin':
    case 'fine-grained':
      return undefined
    case 'classic-without-scope':
      return isPrivate
        ? refusal(404, 'Not Found', headers)
        : refusal(403, 'Must have admin rights to Repository.', headers)
    case 'not-admin':
      return requirement.actionsOnly ? undefined : refusal(404, 'Not Found', headers)
    case 'fine-grained-without-permission':
      return refusal(403, 'Resource not accessible by personal access token', headers)
    case 'job':
      return requirement.actionsOnly
        ? undefined
        : refusal(403, 'Resource not accessible by integration', headers)
    case 'without-sso':
      return refusal(
        403,
        'Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.',
        {
          ...headers,
          'x-github-sso': `required; url=https://github.com/orgs/${owner}/sso?authorization_request=AAAAAAAAAAAAAAAAAA`,
        },
      )
    case 'wrong-address':
      return refusal(
        403,
        `Although you appear to have the correct authorization credentials, the \`${owner}\` organization has an IP allow list enabled, and your IP address is not permitted to access this resource.`,
        headers,
      )
  }
}
