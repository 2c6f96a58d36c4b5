import { tmpdir } from 'node:os'

import type { Manager, PackageDials } from './packages.ts'

export interface MachineOptions extends Partial<PackageDials> {
  /** Where machines' folders are made; the system's temporary folder. */
  readonly folder?: string
  /** Leave the folder when the machine has ended, to look into it. */
  readonly keep?: boolean
  /** PATH of jobs, behind the machine's own commands. */
  readonly jobPath?: string
  /** Boot scripts pause for 10 ms instead of up to 20 s. */
  readonly hurry?: boolean
  /** Certificate bundle that the image trusts already, PEM: what TLS emulators need. */
  readonly trusted?: string
  /** What the firmware tells of the machine's identity; empty for one that tells nothing. */
  readonly productUuid?: string
  /** cloud-init writes to the disk before it runs anything: without room, a later boot does nothing. */
  readonly diskFillsUp?: boolean
  /** A hardened image: nothing in /var can be executed. */
  readonly noexec?: boolean
  /** The image has a Node of this version. */
  readonly node?: string
  /** NVIDIA's driver and container toolkit are there. */
  readonly gpu?: boolean
  /** ms of the boot delay before the kernel speaks on the console; the whole delay when absent. */
  readonly firmware?: number
  /** ms from the early part of the first boot, with its boothooks, to the late one, with its scripts: the system speaks meanwhile. */
  readonly settling?: number
  /** The carrier's last stage goes on until `runCarrierAgain` ends it. */
  readonly lingers?: boolean
}

export const defaultOptions = {
  manager: 'apt-get' as Manager,
  docker: false,
  libicu: true,
  git: true,
  aptDelay: 0,
  jobPath: '/usr/local/bin:/usr/bin:/bin',
  folder: tmpdir(),
  keep: false,
  hurry: false,
  productUuid: '5f1e1916-9099-7caf-fd21-012345abcdef',
  diskFillsUp: false,
  noexec: false,
  lingers: false,
}
