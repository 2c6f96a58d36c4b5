import { basename } from 'node:path'

import type { AgentConfig, Download, NodeDownload } from './agent-config.ts'
import { renderConfig } from './config-file.ts'
import { renderCurl } from './curl.ts'
import type { SentFile } from './delivery.ts'
import { jobCompletedHook, jobStartedHook, jobWaitHook, plain, type JobCard } from './hooks.ts'
import * as machinePaths from './paths.ts'
import { proxyFiles } from './proxy.ts'

export interface FileParts {
  /** With portable proxy settings. */
  readonly config: AgentConfig
  readonly download: Download
  readonly agent: string
  readonly startupScript?: Buffer
  readonly card?: JobCard
  /** Certificates, PEM, each alone. */
  readonly certificates: readonly string[]
}

/**
 * needrestart restarts services whose libraries were upgraded, also when a job upgraded them: restarting the agent would end the
 * machine under that job. Its configuration is Perl (`override_rc` in its own needrestart.conf).
 */
const needrestartConfig = '$nrconf{override_rc}{qr(^cml-runner-)} = 0;\n'

/** All that root finds on its machine; the agent last. */
export function filesOf({
  config,
  download,
  agent,
  startupScript,
  certificates,
  card,
}: FileParts): readonly SentFile[] {
  const file = (path: string, permissions: string, text: string | Buffer): SentFile => ({
    path,
    permissions,
    content: Buffer.from(text),
  })
  return [
    file(machinePaths.config, '0600', renderConfig(withCard(config, card))),
    ...downloadFiles(download, config).map(([path, permissions, text]) => file(path, permissions, text)),
    ...hookFiles(config, card).map(([path, text]) => file(path, '0755', text)),
    file(machinePaths.sudoers, '0440', 'runner ALL=(ALL) NOPASSWD:ALL\n'),
    file(machinePaths.needrestart, '0644', needrestartConfig),
    ...proxyFiles(config.proxy).map(({ path, text }) => file(path, '0644', text)),
    ...(certificates.length > 0 ? [file(machinePaths.certificates, '0644', certificates.join(''))] : []),
    ...(startupScript ? [file(machinePaths.startupScript, '0700', startupScript)] : []),
    file(machinePaths.agent, '0644', agent),
  ]
}

/** GitLab's program shows what its flags say, and runs its jobs where our hooks are not: in containers. */
function withCard(config: AgentConfig, card: JobCard | undefined): AgentConfig {
  return card && config.registration.forge === 'gitlab' ? { ...config, card: plain(card.brief) } : config
}

/** Hooks of the forge's program, which knows no other files. */
function hookFiles(
  { registration }: AgentConfig,
  card: JobCard | undefined,
): readonly (readonly [path: string, text: string])[] {
  if (registration.forge === 'gitlab') return [[machinePaths.jobStartedHook, jobWaitHook]]
  return [
    [machinePaths.jobStartedHook, jobStartedHook(card)],
    [machinePaths.jobCompletedHook, jobCompletedHook(card)],
  ]
}

type Text = readonly [path: string, permissions: string, text: string]

/** What curl fetches, under which name, and what `sha256sum --check` must say to it. */
function downloadFiles(download: Download, config: AgentConfig): readonly Text[] {
  const { node } = download
  const program = node ? basename(machinePaths.program) : 'runner.tar.gz'
  const pair = (
    fetched: Download | NodeDownload,
    name: string,
    curl: string,
    digest: string,
  ): readonly Text[] => [
    [curl, '0600', renderDownload(fetched, name, config)],
    [digest, '0644', `${fetched.sha256}  ${name}\n`],
  ]
  return [
    ...pair(download, program, machinePaths.download, machinePaths.digest),
    ...(node ? pair(node, 'node.tar.gz', machinePaths.nodeDownload, machinePaths.nodeDigest) : []),
  ]
}

function renderDownload(
  { url, ...rest }: Download | NodeDownload,
  name: string,
  { proxy }: AgentConfig,
): string {
  const address = url.startsWith('https:') ? proxy.https : proxy.http
  return renderCurl([
    ['url', url],
    ['output', name],
    // curl keeps it from other hosts when it is redirected.
    ...('bearer' in rest && rest.bearer ? [['header', `Authorization: Bearer ${rest.bearer}`] as const] : []),
    ['fail'],
    ['location'],
    ['silent'],
    ['show-error'],
    ['connect-timeout', '20'],
    // A stalled transfer is given up and tried again; a slow one is not.
    ['speed-limit', '1000'],
    ['speed-time', '60'],
    ...(address ? [['proxy', address] as const] : []),
    ...(address && proxy.no ? [['noproxy', proxy.no] as const] : []),
  ])
}
