import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Licences of the packages that went into the light copies, in the form in which ncc lists the others. */
export function licenceTexts(folders: ReadonlySet<string>, listed: string): string {
  const entries = [...folders].map((folder) => {
    const { name, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
      'name' | 'license',
      string
    >
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
    const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : ''
    return { name, text: `${name}\n${license}\n${text.trimEnd()}\n` }
  })
  return entries
    .filter(({ name }) => !listed.split('\n').includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }, index, all) => name !== all[index - 1]?.name)
    .map(({ text }) => text)
    .join('\n')
}
