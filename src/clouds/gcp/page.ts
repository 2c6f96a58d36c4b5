import type { MachineKey } from '../../model/place.ts'
import { whereOf } from './names.ts'

/** The machine in the console of Google Cloud. */
export function machinePage(machine: MachineKey, project: string | undefined): string | undefined {
  const where = whereOf(machine)
  if (!where) return undefined
  const path = `zones/${encodeURIComponent(where.zone)}/instances/${encodeURIComponent(where.name)}`
  return `https://console.cloud.google.com/compute/instancesDetail/${path}${project ? `?project=${encodeURIComponent(project)}` : ''}`
}

export function removalCommand(machine: MachineKey, project: string | undefined): string {
  const { zone, name } = whereOf(machine) ?? { zone: undefined, name: machine.id }
  return [
    `gcloud compute instances delete ${name} --quiet`,
    ...(zone ? [`--zone ${zone}`] : []),
    ...(project ? [`--project ${project}`] : []),
  ].join(' ')
}
