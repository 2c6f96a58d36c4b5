import { createFetch, type Fetch, namesProxy, nodeKnowsProxies } from '../../lib/http.ts'
import { Failure, joinFailures } from '../../model/failure.ts'
import type { Secret } from '../../model/secret.ts'
import type { ValuesOf } from '../../options/option.ts'
import type { Forge, ForgeContext, Runs } from '../forge.ts'
import { createApi } from './client.ts'
import type { gitlabOptions } from './options.ts'
import { Packages } from './packages.ts'
import { Locator } from './place.ts'
import { Registrar, secretsOf } from './registration.ts'
import { Runners } from './runners.ts'
import type { servingAtGitlab } from './serving.ts'
import type { WhereRuns } from './runs.ts'
import { neededToken } from './rights.ts'
import { belowOf, type Scope, scopeOf } from './scope.ts'
import { tooManyTags } from './tags.ts'
import { wrongToken } from './tokens.ts'

export type GitlabSettings = ValuesOf<typeof gitlabOptions> & {
  /** Undefined = the project of the job this runs in. */
  readonly repo: URL | undefined
  readonly token: Secret
  /** Of the launch that is asked for, if one is. */
  readonly labels?: readonly string[]
}

/** Milliseconds of silence after which a request counts as lost. */
const patience = 20_000

/** GitLab, for one project or group. Makes no request. Throws one Failure with everything that is wrong with the settings. */
export function createGitlab(settings: GitlabSettings, context: ForgeContext, fetch?: Fetch): Forge {
  const { variables, clock, log, tokenSource = '' } = context
  const scope = checked(settings, context)
  const send = fetch ?? createFetch({ variables, patience })
  const credentials = { source: tokenSource }
  const api = createApi({ scope, token: settings.token, credentials, fetch: send, clock, log })
  const locator = new Locator(api, scope, credentials)
  const runners = new Runners(api, locator, scope.text)
  const packages = new Packages({ fetch: send, clock, log, variables })
  const registrar = new Registrar({ api, scope, locator, runners, credentials, settings, clock, log })
  return {
    name: 'gitlab',
    scope: scope.text,
    noticesLoss: false,
    ...(new URL(scope.page).hostname === 'gitlab.com'
      ? { internet: { host: 'gitlab.com', ipv6: true } }
      : {}),
    get runnersPage() {
      return locator.runnersPage
    },
    runnerPage: ({ id }) => locator.pageOf(`runners/${id}`),
    register: (request, signal) => registrar.register(request, signal),
    sampleRegistration: (request) => registrar.sample(request),
    secretsOf,
    download: (platform, signal) => packages.download(platform, signal),
    findRunner: (name, signal, isMeant) => runners.find(name, signal, isMeant),
    listRunners: (signal, which) => runners.list(signal, which),
    serving: (wish, signal) => serving(runners, wish, signal),
    unregister: ({ id }, signal) => runners.unregister(id, signal),
    runsOn: (label) => [label],
    runs: runsOf({ api, scope, locator, context }),
    async *examine(_request, signal) {
      const { examineGitlab } = await import('./examine.ts')
      yield* examineGitlab({ api, scope, locator, credentials, context }, signal)
    },
  }
}

/** Loaded by those who ask. */
function runsOf(where: WhereRuns): Runs {
  let runs: Promise<Omit<Runs, 'advice'>> | undefined
  const load = (): Promise<Omit<Runs, 'advice'>> =>
    (runs ??= import('./runs.ts').then(({ gitlabRuns }) => gitlabRuns(where)))
  return {
    find: async (...asked) => (await load()).find(...asked),
    async *failedSince(...asked) {
      yield* (await load()).failedSince(...asked)
    },
    again: async (...asked) => (await load()).again(...asked),
    advice: async (calledBy) =>
      (await import('./run-advice.ts')).adviceFor(calledBy, where.context.variables),
  }
}

/** Loaded by those who ask. */
async function* serving(...asked: Parameters<typeof servingAtGitlab>): ReturnType<typeof servingAtGitlab> {
  const loaded = await import('./serving.ts')
  yield* loaded.servingAtGitlab(...asked)
}

function checked(
  { repo, token, labels = [] }: GitlabSettings,
  { variables, tokenSource }: ForgeContext,
): Scope {
  const failures: Failure[] = []
  let scope: Scope | undefined
  try {
    scope = scopeOf(repo, variables)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    failures.push(error)
  }
  const given = {
    jobToken: variables.CI_JOB_TOKEN,
    source: tokenSource,
    needed: neededToken(scope ?? {}, belowOf(scope)),
  }
  failures.push(...wrongToken(token.reveal(), given), ...tooManyTags(labels))
  if (namesProxy(variables) && !nodeKnowsProxies()) failures.push(oldNode())
  if (!scope || failures.length > 0) throw joinFailures(failures)
  return scope
}

function oldNode(): Failure {
  return new Failure('unimplemented', {
    tried: 'reach GitLab through the proxy in HTTPS_PROXY',
    said: `Node ${process.versions.node} has no support for proxies`,
    fix: 'use Node 24.5 or newer, or 22.21 or newer of 22.',
  })
}
