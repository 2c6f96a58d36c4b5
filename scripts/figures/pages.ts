import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fillRegions } from '../../src/generate/readme.ts'
import type { Figures } from './files.ts'
import { figureRegions } from './render.ts'

/** The pages as they should be with these figures. */
export function fillPages(root: string, figures: Figures): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(figureRegions(figures)).map(([page, regions]) => [
      page,
      fillRegions(readFileSync(join(root, page), 'utf8'), regions),
    ]),
  )
}
