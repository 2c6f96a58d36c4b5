import { quote } from '../options/problem.ts'
import type { Cloud, Complaint, MachineRequest } from './cloud.ts'

/** An option of which each cloud takes a line of its own, and the request with another text there. */
interface Field {
  readonly option: string
  /** Its lines are numbers. */
  readonly amount?: true
  read(request: MachineRequest): string | undefined
  write(request: MachineRequest, text: string | undefined): MachineRequest
}

const fields: readonly Field[] = [
  {
    option: 'cloud-image',
    read: ({ image }) => image,
    write: ({ image: _, ...rest }, image) => ({ ...rest, ...(image === undefined ? {} : { image }) }),
  },
  {
    option: 'cloud-permission-set',
    read: ({ permissionSet }) => permissionSet,
    write: ({ permissionSet: _, ...rest }, permissionSet) => ({
      ...rest,
      ...(permissionSet === undefined ? {} : { permissionSet }),
    }),
  },
  {
    option: 'cloud-hdd-type',
    read: ({ disk }) => disk?.type,
    write({ disk, ...rest }, type) {
      const { type: _, ...others } = disk ?? {}
      return { ...rest, disk: { ...others, ...(type === undefined ? {} : { type }) } }
    },
  },
  {
    option: 'cloud-hdd-size',
    amount: true,
    read: ({ diskLines }) => diskLines?.size,
    write: (request, text) => ({
      ...withoutLines(request, 'size'),
      ...(text === undefined ? {} : { diskGb: Number.parseFloat(text) }),
    }),
  },
  ...(['iops', 'throughput'] as const).map((speed): Field => ({
    option: `cloud-hdd-${speed}`,
    amount: true,
    read: ({ diskLines }) => diskLines?.[speed],
    write: (request, text) => ({
      ...withoutLines(request, speed),
      disk: { ...request.disk, ...(text === undefined ? {} : { [speed]: Number.parseFloat(text) }) },
    }),
  })),
]

type Amount = keyof NonNullable<MachineRequest['diskLines']>

function withoutLines({ diskLines, ...request }: MachineRequest, amount: Amount): MachineRequest {
  const { [amount]: _, ...others } = diskLines ?? {}
  return { ...request, ...(Object.keys(others).length > 0 ? { diskLines: others } : {}) }
}

/** Is it about a line that was chosen for this cloud? No other one takes it then. */
export function isOfLine({ option }: Complaint): boolean {
  return fields.some((field) => field.option === option)
}

interface Line {
  readonly text: string
  /** Of the cloud that it is for, where it says so. */
  readonly cloud?: string
}

const prefixOf = (text: string, names: readonly string[]): string | undefined =>
  names.find((name) => text.toLowerCase().startsWith(`${name}:`))

function linesIn(text: string, names: readonly string[]): readonly Line[] {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim())
  return lines.filter(Boolean).map((line) => {
    const cloud = prefixOf(line, names)
    return cloud === undefined ? { text: line } : { text: line.slice(cloud.length + 1).trim(), cloud }
  })
}

/**
 * Of several clouds each has its own lines; one alone has only what says that it is for it, and whatever says nothing. A number that stands alone is in
 * no line at all.
 */
function isPlain(lines: readonly Line[], clouds: readonly Cloud[], { amount }: Field): boolean {
  if (lines.length === 0) return true
  return !amount && clouds.length < 2 && lines.length < 2 && lines[0]?.cloud === undefined
}

/** The line that says that it is this cloud's, else the first that it understands. */
function lineFor(
  cloud: Cloud,
  lines: readonly Line[],
  field: Field,
  request: MachineRequest,
): Line | undefined {
  const own = lines.find((line) => line.cloud === cloud.name)
  return own ?? lines.find((line) => line.cloud === undefined && understands(cloud, line, field, request))
}

function understands(
  cloud: Cloud,
  { text }: Line,
  { option, amount, write }: Field,
  request: MachineRequest,
): boolean {
  if (amount && !/^\d/.test(text)) return false
  return !cloud.complaints(write(request, text)).some((complaint) => complaint.text.startsWith(`${option}:`))
}

/** What one of these clouds is asked for: of options that have a line for each cloud its own, and of tags those for all and its own. */
export function requestFor(cloud: Cloud, request: MachineRequest, clouds: readonly Cloud[]): MachineRequest {
  const names = clouds.map(({ name }) => name)
  const own = { ...request, metadata: tagsFor(cloud, request, names) }
  return fields.reduce((narrowed, field) => {
    const lines = linesIn(field.read(request) ?? '', names)
    if (isPlain(lines, clouds, field)) return narrowed
    return field.write(narrowed, lineFor(cloud, lines, field, own)?.text)
  }, own)
}

/** Of several clouds, a tag whose key begins with the name of one is for that one alone. One alone has its own say about such keys. */
function tagsFor(
  { name }: Cloud,
  { metadata }: MachineRequest,
  names: readonly string[],
): MachineRequest['metadata'] {
  if (names.length < 2) return metadata
  const tags = Object.entries(metadata).flatMap(([key, value]) => {
    const cloud = prefixOf(key, names)
    if (cloud === undefined) return [[key, value] as const]
    return cloud === name ? [[key.slice(cloud.length + 1).trim(), value] as const] : []
  })
  return Object.fromEntries(tags)
}

/** Lines that none of these clouds takes, and a second one that says that it is for one of them. */
export function strayLines(request: MachineRequest, clouds: readonly Cloud[]): readonly Complaint[] {
  const names = clouds.map(({ name }) => name)
  return fields.flatMap((field) => {
    const lines = linesIn(field.read(request) ?? '', names)
    if (isPlain(lines, clouds, field)) return []
    const taken = clouds.map((cloud) => lineFor(cloud, lines, field, request))
    // Whoever gave a whole file sees by the first ones that it was one.
    return lines
      .filter((line) => !taken.includes(line))
      .slice(0, 5)
      .map(({ text, cloud }) => ({
        option: field.option,
        text: `${field.option}: ${cloud === undefined ? `none of ${names.join(', ')} takes the line ${quote(text)}, or each has another one` : `${cloud} has another line than ${quote(text)}`}; give each cloud one line, with its name before it: "${names[0]}: …".`,
      }))
  })
}
