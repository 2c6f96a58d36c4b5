import { createFetch, type Fetch, namesProxy, nodeKnowsProxies } from '../../lib/http.ts'
import { Failure, joinFailures } from '../../model/failure.ts'
import type { Runner } from '../../model/runner.ts'
import type { Secret } from '../../model/secret.ts'
import type { ValuesOf } from '../../options/option.ts'
import { quote } from '../../options/problem.ts'
import type { Forge, ForgeContext, Runs } from '../forge.ts'
import { createApi } from './client.ts'
import type { Credentials } from './rights.ts'
import { Groups } from './groups.ts'
import type { githubOptions } from './options.ts'
import { Packages } from './packages.ts'
import { jitRegistrar, type RegistrarParts, secretsOf, tokenRegistrar } from './registration.ts'
import { Runners } from './runners.ts'
import type { servingAtGithub } from './serving.ts'
import type { WhereRuns } from './runs.ts'
import { type Scope, scopeOf } from './scope.ts'

export type GithubSettings = ValuesOf<typeof githubOptions> & {
  /** Undefined = the repository of the job this runs in. */
  readonly repo: URL | undefined
  readonly token: Secret
}

/** Milliseconds of silence after which a request counts as lost. */
const patience = 20_000

/** GitHub, for one repository or organisation. Makes no request. Throws one Failure with everything that is wrong with the settings. */
export function createGithub(settings: GithubSettings, context: ForgeContext, fetch?: Fetch): Forge {
  const { variables, clock, log } = context
  const scope = checked(settings, variables)
  const send = fetch ?? createFetch({ variables, patience })
  const credentials = credentialsOf(settings.token, context)
  const api = createApi({ scope, token: settings.token, credentials, fetch: send, clock, log })
  const runners = new Runners(api, scope.text)
  const packages = new Packages(api, scope)
  const groups = new Groups({ api, scope, context }, settings['runner-group'])
  const parts: RegistrarParts = { api, scope, runners, groups, clock, log }
  const registrar = settings.registration === 'jit' ? jitRegistrar(parts) : tokenRegistrar(parts)
  return {
    name: 'github',
    scope: scope.text,
    noticesLoss: true,
    ...internetOf(scope),
    runnersPage: scope.runnersPage,
    runnerPage: ({ id }) => `${scope.runnersPage}/${id}`,
    async register(request, signal) {
      if (settings.registration === 'jit' && !request.single) throw jitNeedsSingle()
      return registrar.register(request, signal)
    },
    sampleRegistration: (request) => registrar.sample(request),
    secretsOf,
    download: (platform, signal) => packages.download(platform, signal),
    findRunner: (name, signal, isMeant) => findMeant(runners.find(name, signal), isMeant),
    listRunners: (signal) => runners.list(signal),
    serving: (wish, signal) => serving(runners, wish, signal),
    unregister: ({ id }, signal) => runners.unregister(id, signal),
    withholdJobs: async (...asked) => (await import('./withhold.ts')).withholdAtGithub(api, ...asked),
    runsOn: (label) => ['self-hosted', label],
    runs: runsOf({ api, scope, context }),
    async *examine(request, signal) {
      const { examineGithub } = await import('./examine.ts')
      yield* examineGithub({ api, scope, credentials, settings, context }, request, signal)
    },
  }
}

/** github.com has no IPv6 address (https://github.com/orgs/community/discussions/10539); whether ghe.com has one is not known here. */
function internetOf({ page }: Scope): Pick<Forge, 'internet'> {
  const { hostname: host } = new URL(page)
  if (host === 'github.com') return { internet: { host, ipv6: false } }
  return host.endsWith('.ghe.com') ? { internet: { host, ipv6: true } } : {}
}

async function findMeant(
  looking: Promise<Runner | undefined>,
  isMeant: (runner: Runner) => boolean = () => true,
): Promise<Runner | undefined> {
  const runner = await looking
  return runner && isMeant(runner) ? runner : undefined
}

/** Loaded by those who ask. */
function runsOf(where: WhereRuns & { readonly context: ForgeContext }): Runs {
  let runs: Promise<Omit<Runs, 'advice'>> | undefined
  const load = (): Promise<Omit<Runs, 'advice'>> =>
    (runs ??= import('./runs.ts').then(({ githubRuns }) => githubRuns(where)))
  return {
    find: async (...asked) => (await load()).find(...asked),
    async *failedSince(...asked) {
      yield* (await load()).failedSince(...asked)
    },
    again: async (...asked) => (await load()).again(...asked),
    advice: async () => (await import('./run-advice.ts')).adviceFor(where.context.variables),
  }
}

/** Loaded by those who ask. */
async function* serving(...asked: Parameters<typeof servingAtGithub>): ReturnType<typeof servingAtGithub> {
  const loaded = await import('./serving.ts')
  yield* loaded.servingAtGithub(...asked)
}

function checked(settings: GithubSettings, variables: ForgeContext['variables']): Scope {
  const failures: Failure[] = []
  let scope: Scope | undefined
  try {
    scope = scopeOf(settings.repo, variables)
    checkGroup(settings['runner-group'], scope)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failures.push(error)
  }
  if (namesProxy(variables) && !nodeKnowsProxies()) failures.push(oldNode())
  if (!scope || failures.length > 0) throw joinFailures(failures)
  return scope
}

function checkGroup(group: string | undefined, scope: Scope): void {
  if (group === undefined || scope.kind === 'organisation' || group.toLowerCase() === 'default') return
  throw new Failure('invalid-input', {
    tried: `use \`runner-group\` ${quote(group)} for ${scope.text}`,
    said: 'runner groups belong to organisations; a repository has none',
    fix: `give \`repo\` the organisation (${scope.page.slice(0, -(scope.repository ?? '').length - 1)}), or leave \`runner-group\` out.`,
  })
}

/** What can be told about a token without asking. */
function credentialsOf(token: Secret, { variables, tokenSource = '' }: ForgeContext): Credentials {
  const text = token.reveal()
  const kinds = [
    ['ghs_', 'installation'],
    ['github_pat_', 'fine-grained'],
    ['ghp_', 'classic'],
  ] as const
  const kind = kinds.find(([prefix]) => text.startsWith(prefix))?.[1] ?? 'unknown'
  const ownJob =
    kind === 'installation' &&
    Boolean(variables.GITHUB_ACTIONS) &&
    (text === variables.GITHUB_TOKEN || tokenSource === 'GITHUB_TOKEN')
  return { source: tokenSource, kind: ownJob ? 'job' : kind }
}

function jitNeedsSingle(): Failure {
  return new Failure('invalid-input', {
    tried: 'register just in time',
    said: 'a just-in-time configuration is for one job',
    fix: 'add `single`, or use `registration` token.',
  })
}

function oldNode(): Failure {
  return new Failure('unimplemented', {
    tried: 'reach GitHub through the proxy in HTTPS_PROXY',
    said: `Node ${process.versions.node} has no support for proxies`,
    fix: 'use Node 24.5 or newer, or 22.21 or newer of 22.',
  })
}
