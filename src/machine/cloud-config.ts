import type { AgentConfig, Download } from './agent-config.ts'
import { jobCompletedHook, jobStartedHook } from './hooks.ts'
import { isPlain } from './mime.ts'
import { machinePaths } from './paths.ts'
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

/** cloud-config as JSON, which is YAML. User text goes into files only, never into a command. */
export function renderCloudConfig(parts: CloudConfigParts): string {
  const document = {
    write_files: filesOf(parts),
    ...(parts.sshPublicKey ? { ssh_authorized_keys: [parts.sshPublicKey] } : {}),
    ...(parts.certificates.length > 0 ? { ca_certs: { trusted: parts.certificates } } : {}),
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
    file(machinePaths.agent, '0644', agent),
    file(machinePaths.config, '0600', asciiJson(config)),
    file(machinePaths.packagesScript, '0755', packages),
    file(machinePaths.download, '0600', renderDownload(download, config)),
    file(machinePaths.digest, '0644', `${download.sha256}  runner.tar.gz\n`),
    file(machinePaths.jobStartedHook, '0755', jobStartedHook),
    file(machinePaths.jobCompletedHook, '0755', jobCompletedHook),
    file(machinePaths.sudoers, '0440', 'runner ALL=(ALL) NOPASSWD:ALL\n'),
    file(machinePaths.needrestart, '0644', needrestartConfig),
    ...proxyFiles(config.proxy).map(({ path, text }) => file(path, '0644', text)),
    ...(certificates.length > 0 ? [file(machinePaths.certificates, '0644', certificates.join(''))] : []),
    ...(startupScript ? [file(machinePaths.startupScript, '0700', startupScript)] : []),
  ]
}

/** curl's configuration: what would be secret or hostile on a command line is quoted here (curl(1), `--config`). */
function renderDownload({ url, bearer }: Download, { proxy }: AgentConfig): string {
  const address = url.startsWith('https:') ? proxy.https : proxy.http
  const lines: (readonly [string, string?])[] = [
    ['url', url],
    // curl keeps it from other hosts when it is redirected.
    ...(bearer ? [['header', `Authorization: Bearer ${bearer}`] as const] : []),
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
  ]
  return lines
    .map(([name, value]) => (value === undefined ? `${name}\n` : `${name} = ${quoted(value)}\n`))
    .join('')
}

function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}

function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
