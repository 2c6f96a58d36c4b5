import { gzipSync } from 'node:zlib'
import { Failure } from '../model/failure.ts'
import type { AgentConfig, Download } from './agent-config.ts'
import { parseCertificates } from './certificates.ts'
import { renderCloudConfig } from './cloud-config.ts'
import { renderMime } from './mime.ts'
import { portableProxy } from './proxy.ts'

/** The texts of the files that run on the machine: the agent's bundle and the three shell scripts. */
export interface Assets {
  readonly agent: string
  readonly fuses: string
  readonly bootstrap: string
  readonly packages: string
}

export interface PayloadParts {
  readonly config: AgentConfig
  readonly download: Download
  readonly startupScript?: Buffer
  /** OpenSSH line for the image's login user. */
  readonly sshPublicKey?: string
  /** Extra certificate authorities, PEM, any number in one text. */
  readonly certificates?: string
  /** Seconds until the launcher gives up. */
  readonly launchTimeout: number
  readonly assets: Assets
}

/**
 * What the machine executes: gzip of MIME multipart, as cloud-init takes it (cloudinit.readthedocs.io, "User-data formats").
 * Equal input gives equal bytes, so that a repeated creating call is recognised by the cloud as a repetition.
 * Throws `invalid-input` for certificates or proxy settings that are none.
 */
export function renderPayload(parts: PayloadParts): Buffer {
  const { assets, launchTimeout, certificates = '', config, ...rest } = parts
  const cloudConfig = renderCloudConfig({
    ...rest,
    config: { ...config, proxy: portableProxy(config.proxy) },
    agent: assets.agent,
    packages: renderPackages(withoutComments(assets.packages), config),
    certificates: parseCertificates(certificates),
  })
  const mime = renderMime([
    {
      type: 'text/cloud-boothook',
      filename: 'fuses.sh',
      text: renderFuses(withoutComments(assets.fuses), Math.floor(config.expiresAt), launchTimeout),
    },
    { type: 'text/cloud-config', filename: 'files.json', text: cloudConfig },
    { type: 'text/x-shellscript', filename: 'bootstrap.sh', text: withoutComments(assets.bootstrap) },
  ])
  return gzipSync(mime, { level: 9, memLevel: 9 })
}

/** Lines that are comments explain a script to its readers; on the machine they only use up space. */
function withoutComments(script: string): string {
  return script.replace(/^[ \t]*#(?!!).*\n/gm, '')
}

/** What the runner needs beside itself: .NET its ICU library, GitLab's runner git where jobs run without containers. */
function renderPackages(packages: string, { registration }: AgentConfig): string {
  return `#!/bin/sh\nNEEDS='docker ${registration.forge === 'gitlab' ? 'git' : 'libicu'}'\n${packages}`
}

/** The boothook runs before any file is written, so its two numbers stand above it; numbers are all it can be given. */
function renderFuses(fuses: string, expiresAt: number, launchTimeout: number): string {
  const whole = (value: number) => {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new TypeError(`not a whole number of seconds: ${value}`)
    return String(value)
  }
  return `#!/bin/sh\nDEADLINE=${whole(expiresAt)}\nLAUNCH_TIMEOUT=${whole(Math.ceil(launchTimeout))}\n${fuses}`
}

/** Bytes, before compression, of what the user gave to the payload. */
export interface PayloadSizes {
  readonly startupScript?: number
  readonly certificates?: number
}

/** Throws `invalid-input`, naming the sizes, when a payload is larger than its cloud takes. */
export function checkPayload(payload: Buffer, limit: number, sizes: PayloadSizes = {}): void {
  if (payload.length <= limit) return
  const { startupScript = 0, certificates = 0 } = sizes
  const given = [
    ...(startupScript ? [`cloud-startup-script of ${startupScript} bytes`] : []),
    ...(certificates ? [`extra certificate authorities of ${certificates} bytes`] : []),
  ]
  const advice = startupScript
    ? 'shorten cloud-startup-script, for example by letting it download the rest of its work.'
    : 'put fewer certificates into the file named by NODE_EXTRA_CA_CERTS.'
  throw new Failure('invalid-input', {
    tried: 'fit what the machine needs into its user data',
    said: `${payload.length} bytes compressed, and the cloud takes ${limit}`,
    why:
      given.length > 0
        ? `It contains a ${given.join(' and ')} (before compression).`
        : 'The labels and the name may be very long.',
    fix: given.length > 0 ? advice : 'shorten the labels and the name.',
  })
}
