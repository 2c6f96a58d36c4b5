import { gzipSync } from 'node:zlib'
import { Failure } from '../model/failure.ts'
import type { AgentConfig, Download } from './agent-config.ts'
import { parseCertificates } from './certificates.ts'
import { boothook, renderCloudConfig } from './cloud-config.ts'
import { renderMime } from './mime.ts'
import { machinePaths } from './paths.ts'
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
    packages: renderPackages(forMachine(assets.packages), config),
    certificates: parseCertificates(certificates),
  })
  const [fuses, bootstrap] = [forMachine(assets.fuses), forMachine(assets.bootstrap)]
  const hook = renderFuses(fuses, bootstrap, Math.floor(config.expiresAt), launchTimeout)
  const mime = renderMime([
    { type: 'text/cloud-boothook', filename: boothook, text: hook },
    { type: 'text/cloud-config', filename: 'files.json', text: cloudConfig },
  ])
  return compressed(mime, mime.lastIndexOf(machinePaths.agent))
}

/**
 * The payload with as many of the authorities as its cloud takes. The last ones of the file go first: bundles have public ones before
 * those of a company. Without any of them it may still be too large: `checkPayload` says so.
 */
export function fitPayload(
  parts: PayloadParts,
  limit: number,
): { readonly payload: Buffer; readonly leftOut: readonly string[] } {
  const all = parseCertificates(parts.certificates ?? '')
  const withLast = (count: number) =>
    renderPayload({ ...parts, certificates: all.slice(all.length - count).join('') })
  const whole = withLast(all.length)
  if (whole.length <= limit || all.length === 0) return { payload: whole, leftOut: [] }
  let [fits, tooMany] = [0, all.length]
  while (tooMany - fits > 1) {
    const count = Math.floor((fits + tooMany) / 2)
    if (withLast(count).length <= limit) fits = count
    else tooMany = count
  }
  return { payload: withLast(fits), leftOut: all.slice(0, all.length - fits) }
}

/**
 * Two members of one gzip file (RFC 1952, 2.2; Python's gzip, with which cloud-init unpacks, reads any number): the agent, which
 * looks like random letters, would spoil the statistics by which the text before it is compressed.
 */
function compressed(text: string, at: number): Buffer {
  const members = [text.slice(0, at), text.slice(at)]
  return Buffer.concat(members.map((member) => gzipSync(member, { level: 9, memLevel: 9 })))
}

/** Comments and indentation are for readers of a script; on the machine they only use up space. */
function forMachine(script: string): string {
  return script.replace(/^[ \t]*#(?!!).*\n/gm, '').replace(/^ +/gm, '')
}

/** What the runner needs beside itself, in the order in which it is waited for: .NET its ICU library, GitLab's jobs a container or git. */
function renderPackages(packages: string, { registration }: AgentConfig): string {
  const needs =
    registration.forge === 'github'
      ? 'libicu docker'
      : registration.executor === 'docker'
        ? 'docker git'
        : 'git docker'
  return `#!/bin/sh\nNEEDS='${needs}'\n${packages}`
}

/** The boothook runs before any file is written, so all that it needs stands above it: two numbers, and the script that is to follow. */
function renderFuses(fuses: string, bootstrap: string, expiresAt: number, launchTimeout: number): string {
  const whole = (value: number) => {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new TypeError(`not a whole number of seconds: ${value}`)
    return String(value)
  }
  const numbers = `DEADLINE=${whole(expiresAt)}\nLAUNCH_TIMEOUT=${whole(Math.ceil(launchTimeout))}`
  return `#!/bin/sh\n${numbers}\nbootstrap() {\ncat <<'BOOTSTRAP'\n${bootstrap}BOOTSTRAP\n}\n${fuses}`
}

/**
 * Throws `invalid-input`, naming the sizes, when a payload is larger than its cloud takes. `startupScript`: bytes, before compression, of
 * what the user gave.
 */
export function checkPayload(payload: Buffer, limit: number, startupScript = 0): void {
  if (payload.length <= limit) return
  throw new Failure('invalid-input', {
    tried: 'fit what the machine needs into its user data',
    said: `${payload.length} bytes compressed, and the cloud takes ${limit}`,
    why: startupScript
      ? `It contains a cloud-startup-script of ${startupScript} bytes (before compression).`
      : 'The labels and the name may be very long.',
    fix: startupScript
      ? 'shorten cloud-startup-script, for example by letting it download the rest of its work.'
      : 'shorten the labels and the name.',
  })
}
