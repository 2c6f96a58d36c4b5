import { CloudWorld } from '../cloud/machines.ts'
import { startingImages, type EmulatedImage } from './catalogue.ts'
import { type Machine, Machines } from './machines.ts'
import { Networks } from './network.ts'
import type { Shape, Value } from './schema.ts'
import { startingDials } from './wire.ts'

/** Everything an account has. */
export class World extends CloudWorld {
  readonly images: EmulatedImage[] = startingImages()
  readonly networks = new Networks()
  /** ARNs of the instance profiles that exist. */
  readonly profiles = new Set(['arn:aws:iam::111122223333:instance-profile/training'])
  /** By region, zone and token. */
  readonly tokens = new Map<string, { readonly fingerprint: string; readonly machine: Machine }>()
  readonly machines = new Machines(this)
  readonly dials = startingDials()
}

export function text(shape: Shape, name: string): string | undefined {
  const value = shape[name]
  return typeof value === 'string' ? value : undefined
}

export function record(shape: Shape, name: string): Shape {
  const value = shape[name]
  return value && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date)
    ? (value as Shape)
    : {}
}

export function list(shape: Shape, name: string): readonly Value[] {
  const value = shape[name]
  return Array.isArray(value) ? (value as readonly Value[]) : []
}
