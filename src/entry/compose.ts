import { clouds, type CloudLine } from '../clouds/registry.ts'
import type { CloudContext } from '../clouds/cloud.ts'
import { Clouds } from '../clouds/clouds.ts'
import { forges } from '../forges/registry.ts'
import type { Caller, RawOptions } from '../hosts/host.ts'
import type { LevelledLog, LogLevel } from '../hosts/log-level.ts'
import type { Ports } from '../ports.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { parseCertificates } from '../machine/certificates.ts'
import { portableProxy } from '../machine/proxy.ts'
import { sshPublicKeyOf } from '../machine/ssh-key.ts'
import { parseStartupScript } from '../machine/startup-script.ts'
import { Failure, isAboutArguments } from '../model/failure.ts'
import { pick, type Values } from '../options/catalogue.ts'
import type { InUse } from '../options/heed.ts'
import type { OwnedTable } from '../options/option.ts'
import { thisMachine } from '../options/runner-options.ts'
import { isInCi } from '../options/missing.ts'
import { concealer, review, secretsOf, type Parsed } from '../options/parse.ts'
import { failureOf, invalid, type Problem } from '../options/problem.ts'
import { askedPart } from './asked.ts'
import { catalogue } from './catalogue.ts'
import { requestOf } from './request.ts'
import { fittingTokens, type FittingTokens } from './tokens.ts'
import { extraCertificates, gitRemote, proxyOf, proxySecrets } from './surroundings.ts'

/** Everything a verb needs, made from what was asked and where. */
export interface Composition extends Pick<Parsed, 'command' | 'values' | 'sources'> {
  readonly ports: Ports & { readonly host: EntryHost }
  readonly variables: RawOptions['variables']
  /** As it was asked for. */
  readonly raw: RawOptions
  /** The machine at hand is to be the runner. */
  readonly here: boolean
  /** The forge, as its line in the registry is called: `github`. */
  readonly driver: string
}

export type EntryHost = Caller & { readonly log: LevelledLog }

/**
 * Options → ports. Secrets are masked before anything is said. Throws one Failure with everything that is wrong with the options;
 * makes no request. `again`: the step before has said what there is to say of them.
 */
export async function compose(
  host: EntryHost,
  raw: RawOptions,
  { again = false }: { readonly again?: boolean } = {},
): Promise<Composition> {
  const secrets = [...secretsOf(catalogue.table, raw), ...proxySecrets(raw.variables)]
  for (const secret of secrets) host.mask(secret)
  const context = { log: host.log, clock: systemClock, variables: raw.variables }
  const inferred = await inferredFrom(raw, host)
  const { raw: fitting, withheld } = withFittingTokens(raw, inferred, context)
  const parsed = review(catalogue.table, fitting, inferred.texts, (known, sources) =>
    inUseOf(known, context, sources),
  )
  const { command, values, sources } = parsed
  const conceal = concealer(secrets)
  const opened = await openClouds(values, {
    ...context,
    download: async (...asked) => ports.forge.download(...asked),
  })
  const here = command === 'launch' && isHere(values, sources, raw.variables)
  const launches = command === 'doctor' || (command === 'launch' && !here)
  const problems = [
    ...parsed.problems,
    ...(sources.has('token') ? [] : withheld.map(invalid)),
    ...notHere(parsed, raw),
    ...(launches ? await furtherProblems(values, opened, raw.variables, conceal) : []),
  ]
  const driver = driverOf(values, context)
  const forge = await openForge(driver, parsed, context, { problems, conceal })
  if (!forge || problems.length > 0) throw failureOf(problems)
  if (sources.has('log')) host.log.level = values.log as LogLevel
  for (const warning of again ? [] : parsed.warnings) host.log.warn(warning)
  for (const note of again ? [] : parsed.notes) host.log.info(note)
  if (!again) host.footer = askedPart(catalogue.table, raw, parsed, conceal)
  host.log.debug(`Called by ${host.name}, on Node ${process.versions.node}.`)
  const ports = { clouds: opened, forge, host, clock: systemClock, signal: host.signal }
  return { command, values, sources, ports, variables: raw.variables, raw, here, driver }
}

/** Is the machine at hand meant? Inside CI only where that is said: a variable that is not set must not make the machine of a job a runner. */
function isHere(
  { cloud }: Partial<Values>,
  sources: Parsed['sources'],
  variables: RawOptions['variables'],
): boolean {
  return sources.has('cloud') ? cloud?.[0] === thisMachine : !isInCi(variables)
}

/** Nothing can be listed or removed on a machine that is no cloud's. */
function notHere({ command, values }: Parsed, { prefix }: RawOptions): readonly Problem[] {
  if (command === 'launch' || command === 'doctor' || values.cloud?.[0] !== thisMachine) return []
  return [
    invalid(
      `\`${prefix}cloud\`: \`${thisMachine}\` means nothing to \`${command}\`; name a cloud to look in.`,
    ),
  ]
}

/** What only the cloud and the machine know to be wrong; nobody outside is asked. */
async function furtherProblems(
  values: Values,
  opened: Clouds,
  variables: RawOptions['variables'],
  conceal: (text: string) => string,
): Promise<readonly Problem[]> {
  const script = values['cloud-startup-script']
  const key = values['cloud-ssh-private']
  const certificates = await extraCertificates(variables, silentLog)
  return [
    ...(await opened.complaints(requestOf(values))).map(({ text }) => text),
    ...refusalOf(() => script !== undefined && parseStartupScript(script)),
    ...refusalOf(() => key !== undefined && sshPublicKeyOf(key.reveal())),
    // Their warnings are given when the things are used.
    ...refusalOf(() => portableProxy(proxyOf(values, variables, silentLog))),
    ...refusalOf(() => parseCertificates(certificates ?? '')),
  ].map((text) => invalid(conceal(text)))
}

function refusalOf(read: () => unknown): readonly string[] {
  try {
    read()
    return []
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [asSentences(error)]
  }
}

function asSentences(failure: Failure): string {
  return failure.message.replace(/([^.?!:;,])\n+/g, '$1. ').replaceAll('\n', ' ')
}

interface Inferred {
  /** By option name. */
  readonly texts: Readonly<Record<string, string>>
  /** The repository's address is what a git remote says; whoever made the folder may have written it. */
  readonly byRemote: boolean
}

/** What the surroundings tell when nobody says it: the repository this job or directory belongs to. */
async function inferredFrom({ given, variables }: RawOptions, { log }: EntryHost): Promise<Inferred> {
  const { CI_PROJECT_URL, CML_RUNNER_REPO, CML_REPO, GITLAB_CI } = variables
  const { GITHUB_REPOSITORY, GITHUB_SERVER_URL } = variables
  if ([given.repo, CML_RUNNER_REPO, CML_REPO].some((text) => text?.trim()))
    return { texts: {}, byRemote: false }
  const project = CI_PROJECT_URL || undefined
  const repository = GITHUB_REPOSITORY && `${GITHUB_SERVER_URL || 'https://github.com'}/${GITHUB_REPOSITORY}`
  // A job of GitLab may have a variable of that name, for its mirror.
  const job = GITLAB_CI === 'true' ? (project ?? repository) : repository || project
  const repo = job || (await gitRemote(log))
  return { texts: repo ? { repo } : {}, byRemote: !job }
}

/** Without a repository there is nobody to show a token to. */
function withFittingTokens(
  raw: RawOptions,
  { texts, byRemote }: Inferred,
  context: CloudContext,
): FittingTokens {
  const { repo, driver } = catalogue.table
  const { values } = review({ repo, driver } as OwnedTable, raw, texts)
  if (!(values as Partial<Values>).repo) return { raw, withheld: [] }
  return fittingTokens(raw, { forge: driverOf(values, context), repo: values.repo, named: !byRemote })
}

/** In the user's order. None where the option is missing or not valid, which has been told. */
async function openClouds({ cloud, ...values }: Partial<Values>, context: CloudContext): Promise<Clouds> {
  const names = (cloud ?? []).filter((name) => name !== thisMachine)
  const lines = names.map((name) => lineOf(clouds, name))
  return new Clouds(await Promise.all(lines.map((line) => line.load(values, context))))
}

/** Settings that a forge refuses are one more problem when there are others, and a failure with its own words when alone. */
async function openForge(
  name: string,
  parsed: Parsed,
  context: CloudContext,
  { problems, conceal }: { readonly problems: Problem[]; readonly conceal: (text: string) => string },
): Promise<Ports['forge'] | undefined> {
  const { repo, token, driver }: Partial<Values> = parsed.values
  if (!repo || !token || (parsed.sources.has('driver') && !driver)) return undefined
  try {
    return await forgeOf(name, parsed, context)
  } catch (error) {
    if (!(error instanceof Failure) || problems.length === 0) throw error
    if (isAboutArguments(error)) problems.push({ kind: error.kind, text: conceal(asSentences(error)) })
    return undefined
  }
}

function forgeOf(name: string, { values, sources }: Parsed, context: CloudContext): Promise<Ports['forge']> {
  const line = lineOf(forges, name)
  const tokenSource = sources.get('token')
  return line.open(
    { ...pick(line.options, values), repo: values.repo, token: values.token, labels: values.labels },
    { ...context, ...(tokenSource === undefined ? {} : { tokenSource }) },
  )
}

/** Without a repository nobody knows whose it would be. */
function inUseOf(values: Partial<Values>, context: CloudContext, sources: Parsed['sources']): InUse {
  const { cloud, driver, repo } = values
  const named = isHere(values, sources, context.variables) ? [] : cloud
  const lines: readonly CloudLine[] = (named ?? []).map((name) => lineOf(clouds, name))
  const withoutDocker = lines.filter(({ footing }) => footing === 'pod').map(({ title }) => title)
  return {
    withoutDocker,
    ...(named === undefined ? {} : { clouds: named }),
    ...(driver === undefined && repo === undefined ? {} : { forge: driverOf(values, context) }),
  }
}

/** The forge that was named, else the one that knows the repository as its own. A server of one's own can be called anything. */
function driverOf({ driver, repo }: Partial<Values>, { variables }: CloudContext): string {
  const foreign = /\bbitbucket\b/.exec(repo?.hostname ?? '')?.[0]
  return (
    driver ?? forges.find(({ servers }) => servers.detect(variables, repo))?.name ?? foreign ?? forges[0].name
  )
}

function lineOf<L extends { readonly name: string }>(lines: readonly L[], name: string): L {
  const line = lines.find((known) => known.name === name)
  if (line) return line
  throw new Failure('unimplemented', {
    tried: `use ${name}`,
    said: `this version knows ${lines.map((known) => known.name).join(', ')}`,
    fix: 'when a repository elsewhere was meant, give `repo`; when its server is of another kind than its name says, give `driver`.',
  })
}
