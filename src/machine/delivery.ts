import type { RunnerImage } from './agent-config.ts'

/** A file on the machine; root's own. */
export interface SentFile {
  readonly path: string
  /** `0600`. */
  readonly permissions: string
  readonly content: Buffer
}

/** What is sent to a machine, whatever way it goes. */
export interface Delivery {
  /** In this order; the last one is the agent. */
  readonly files: readonly SentFile[]
  /**
   * A script of /bin/sh for root, ASCII: before all else, on every boot. It arms whatever ends the machine, and needs none of the files. On a
   * machine that is to end it exits; else it is to go on with the files, where they are not there yet, and with `start`.
   */
  readonly fuses: string
  /** The lines that begin the work, after `fuses`. */
  readonly start: string
  /** OpenSSH lines for the image's login user. */
  readonly keys: readonly string[]
  /** Extra certificate authorities, PEM, each alone. */
  readonly authorities: readonly string[]
  /** What brings the forge's program where nothing is installed. */
  readonly image?: RunnerImage
}

/** Lays a delivery into the bytes that a cloud hands to its machine. Equal deliveries give equal bytes. */
export type Carrier = (delivery: Delivery) => Buffer
