import { basename } from 'node:path'

import type { AgentConfig, Download, NodeDownload } from './agent-config.ts'
import { renderConfig } from './config-file.ts'
import { renderCurl } from './curl.ts'
import { jobCompletedHook, jobStartedHook, jobWaitHook } from './hooks.ts'
import { isPlain } from './mime.ts'
import { machinePaths, sentPaths } from './paths.ts'
import { proxyFiles } from './proxy.ts'

/** One entry of cloud-init's `write_files`. Owner is root. */
interface WrittenFile {
  readonly path: string
  readonly permissions: string
  readonly content: string
  readonly encoding?: 'b64'
}

export interface CloudConfigParts {
  /** With portable proxy settings. */
  readonly config: AgentConfig
  readonly download: Download
  readonly agent: string
  readonly packages: string
  readonly startupScript?: Buffer
  readonly sshPublicKey?: string
  /** Certificates, PEM, each alone. */
  readonly certificates: readonly string[]
}

/**
 * needrestart restarts services whose libraries were upgraded, also when a job upgraded them: restarting the agent would end the
 * machine under that job. Its configuration is Perl (`override_rc` in its own needrestart.conf).
 */
const needrestartConfig = '$nrconf{override_rc}{qr(^cml-runner-)} = 0;\n'

/** Name of the part that arms the fuses. */
export const boothook = 'fuses.sh'

/** Where cloud-init puts that part before it executes it (cloudinit/handlers/boot_hook.py), or does not: see the part itself. */
const boothookPath = `/var/lib/cloud/instance/boothooks/${boothook}`

/** cloud-config as JSON, which is YAML; the agent last. User text goes into files only, never into a command. */
export function renderCloudConfig(parts: CloudConfigParts): string {
  const document = {
    bootcmd: [['sh', boothookPath]],
    ...(parts.sshPublicKey ? { ssh_authorized_keys: [parts.sshPublicKey] } : {}),
    ...(parts.certificates.length > 0 ? { ca_certs: { trusted: parts.certificates } } : {}),
    write_files: filesOf(parts),
  }
  return `#cloud-config\n${JSON.stringify(document)}\n`
}

function filesOf({
  config,
  download,
  agent,
  packages,
  startupScript,
  certificates,
}: CloudConfigParts): WrittenFile[] {
  const file = (path: string, permissions: string, text: string | Buffer): WrittenFile => {
    const bytes = Buffer.from(text)
    const plain = bytes.toString('latin1')
    return isPlain(plain)
      ? { path, permissions, content: plain }
      : { path, permissions, encoding: 'b64', content: bytes.toString('base64') }
  }
  return [
    file(machinePaths.config, '0600', renderConfig(config)),
    file(sentPaths.packagesScript, '0755', packages),
    ...downloadFiles(download, config).map(([path, permissions, text]) => file(path, permissions, text)),
    ...hookFiles(config).map(([path, text]) => file(path, '0755', text)),
    file(sentPaths.sudoers, '0440', 'runner ALL=(ALL) NOPASSWD:ALL\n'),
    file(sentPaths.needrestart, '0644', needrestartConfig),
    ...proxyFiles(config.proxy).map(({ path, text }) => file(path, '0644', text)),
    ...(certificates.length > 0 ? [file(machinePaths.certificates, '0644', certificates.join(''))] : []),
    ...(startupScript ? [file(machinePaths.startupScript, '0700', startupScript)] : []),
    file(machinePaths.agent, '0644', agent),
  ]
}

/** Hooks of the forge's program, which knows no other files. */
function hookFiles({ registration }: AgentConfig): readonly (readonly [path: string, text: string])[] {
  if (registration.forge === 'gitlab') return [[machinePaths.jobStartedHook, jobWaitHook]]
  return [
    [machinePaths.jobStartedHook, jobStartedHook],
    [machinePaths.jobCompletedHook, jobCompletedHook],
  ]
}

type Text = readonly [path: string, permissions: string, text: string]

/** What curl fetches, under which name, and what `sha256sum --check` must say to it. */
function downloadFiles(download: Download, config: AgentConfig): readonly Text[] {
  const { node } = download
  const program = node ? basename(sentPaths.program) : 'runner.tar.gz'
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
    ...pair(download, program, sentPaths.download, sentPaths.digest),
    ...(node ? pair(node, 'node.tar.gz', sentPaths.nodeDownload, sentPaths.nodeDigest) : []),
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
