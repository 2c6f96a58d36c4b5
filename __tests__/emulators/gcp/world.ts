import { CloudWorld } from '../cloud/machines.ts'
import type { BootMachine } from '../machine-port.ts'
import { startingImages, zonesByRegion, type EmulatedImage, type EmulatedSubnet } from './catalogue.ts'
import { Machines } from './machines.ts'
import { Operations } from './operations.ts'
import { startingDials } from './wire.ts'

/** Everything that a project has. */
export class World extends CloudWorld {
  readonly project: string
  readonly images: EmulatedImage[]
  readonly subnets: EmulatedSubnet[]
  /** Addresses of service accounts that exist, and that the caller may hand to machines. */
  readonly accounts: Set<string>
  /** By request id. */
  readonly requests = new Map<string, string>()
  readonly operations = new Operations(() => this.now())
  readonly machines = new Machines(this)
  readonly dials = startingDials()

  constructor(project: string, clock: (() => number) | undefined, boot: BootMachine | undefined) {
    super(clock, boot)
    this.project = project
    this.images = startingImages(project)
    this.subnets = Object.keys(zonesByRegion).map((region) => ({
      project,
      region,
      name: 'default',
      network: 'default',
    }))
    this.accounts = new Set([
      `runner@${project}.iam.gserviceaccount.com`,
      `my-sa@${project}.iam.gserviceaccount.com`,
    ])
  }

  override tick(): void {
    this.machines.tick()
    super.tick()
  }
}
