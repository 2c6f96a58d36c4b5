import {
  defaultImages,
  families,
  genericRegions,
  gpuAliases,
  gpuDiskGb,
  gpus,
  plainSizes,
  retiredAccelerators,
} from './catalogue.ts'

const sizes = ['m', 'l', 'xl'] as const

const code = (word: string): string => `\`${word}\``
const codes = (words: readonly string[]): string => words.map(code).join(', ')

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}

const sizeTable = table(
  ['size', 'tried, in this order'],
  Object.entries(plainSizes).map(([size, types]) => [code(size), codes(types)]),
)

const regionTable = table(
  ['word', 'first zone, then the rest of its region'],
  Object.entries(genericRegions).map(([word, zone]) => [code(word), zone]),
)

/** What is not what was asked for stands in a row of its own words. */
const gpuTable = table(
  ['GPU', ...sizes.map(code), 'what to know'],
  Object.entries(gpus).map(([word, row]) => {
    const others = Object.entries(gpuAliases).filter(([, meant]) => meant === word)
    const { note } = row
    const only = note && note.sizes.length < sizes.length ? `${codes(note.sizes)}: ` : ''
    return [
      codes([word, ...others.map(([alias]) => alias)]),
      ...sizes.map((size) => codes(row[size])),
      note ? `${only}${note.text}` : '',
    ]
  }),
)

const retiredTable = table(
  ['no longer sold', 'nearest'],
  Object.entries(retiredAccelerators).map(([name, nearest]) => [code(name), nearest]),
)

const armFamilies = (gpu: boolean): string =>
  Object.entries(families)
    .filter(([, row]) => row.arm && Boolean(row.gpu) === gpu)
    .map(([name]) => name)
    .join(', ')

const imageTable = table(
  ['machine', 'image, the newest of its family', 'disk at least'],
  Object.entries(defaultImages).map(([name, { project, family }]) => {
    const [kind, architecture] = name.split(' ')
    const gpu = kind === 'gpu'
    const who = architecture === 'arm64' ? `Arm (${armFamilies(gpu)})` : 'x86-64'
    return [`${who}${gpu ? ', with a GPU' : ''}`, code(`${project}/${family}`), gpu ? `${gpuDiskGb} GB` : '']
  }),
)

/** Regions of this cloud's page that are what the code does: by the name between their marks. */
export const pageTables: Readonly<Record<string, string>> = {
  sizes: sizeTable,
  regions: regionTable,
  gpus: gpuTable,
  retired: retiredTable,
  images: imageTable,
}
