import { Failure } from '../model/failure.ts'
import type { Ground } from '../model/instance.ts'
import type { AgentConfig, Download } from './agent-config.ts'
import { carriers, type CarrierName } from './carriers.ts'
import { parseCertificates } from './certificates.ts'
import type { Delivery } from './delivery.ts'
import type { JobCard } from './hooks.ts'
import { portableProxy } from './proxy.ts'
import { renderFuses, startBootstrap } from './scripts.ts'
import { filesOf } from './sent-files.ts'

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
  /** Printed around jobs, where their runner has hooks for that. */
  readonly card?: JobCard
  /** OpenSSH line for the image's login user. */
  readonly sshPublicKey?: string
  /** Extra certificate authorities, PEM, any number in one text. */
  readonly certificates?: string
  /** Seconds until the launcher gives up. */
  readonly launchTimeout: number
  readonly ground: Ground
  readonly carrier: CarrierName
  readonly assets: Assets
}

/** Everything for one machine. Throws `invalid-input` for certificates or proxy settings that are none. */
export function deliveryOf(parts: PayloadParts): Delivery {
  const { assets, certificates = '', sshPublicKey } = parts
  const config = { ...parts.config, proxy: portableProxy(parts.config.proxy, parts.ground.direct) }
  const authorities = parseCertificates(certificates)
  return {
    files: filesOf({
      ...parts,
      config,
      agent: assets.agent,
      certificates: authorities,
    }),
    fuses: renderFuses({ ...parts, config }),
    start: startBootstrap,
    keys: sshPublicKey === undefined ? [] : [sshPublicKey],
    authorities,
    ...(parts.download.image ? { image: parts.download.image } : {}),
  }
}

/** The same as the bytes that its cloud takes. Equal input gives equal bytes, so that a repeated creating call is recognised as a repetition. */
export function renderPayload(parts: PayloadParts): Buffer {
  return carriers[parts.carrier](deliveryOf(parts))
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
