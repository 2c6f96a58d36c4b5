import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { renderAction, type ExtraInput } from '../generate/action.ts'
import { fillRegions, renderInputs, renderOutputs } from '../generate/readme.ts'
import { commandInput, jobInstanceInput } from '../hosts/github-actions.ts'
import { outputs } from '../options/outputs.ts'
import { catalogue } from './catalogue.ts'

/** What a person types when a generated file is not what the catalogue makes. */
export const generateCommand = 'npm run generate'

const extraInputs: Readonly<Record<string, ExtraInput>> = {
  [commandInput]: { description: 'What to do: `launch`, also when absent.' },
  [jobInstanceInput]: {
    description: 'Internal: tells the jobs of a matrix apart where the runner does not. Leave it alone.',
    default: '${{ job.check_run_id }}/${{ strategy.job-index }}',
  },
}

/** Generated files by name, as they should be; the README keeps what stands around its regions. */
export async function generatedFiles(root: string): Promise<Readonly<Record<string, string>>> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  return {
    'action.yml': renderAction({ catalogue, outputs, extraInputs }),
    'README.md': fillRegions(readme, { inputs: renderInputs(catalogue), outputs: renderOutputs(outputs) }),
  }
}

/** Writes the files, or with `--check` tells those that differ. Returns the exit code. */
export async function generate(root: string, argv: readonly string[]): Promise<0 | 1> {
  const stale: string[] = []
  for (const [name, text] of Object.entries(await generatedFiles(root))) {
    const path = join(root, name)
    const same = (await readFile(path, 'utf8').catch(() => undefined)) === text
    if (same) continue
    stale.push(name)
    if (!argv.includes('--check')) await writeFile(path, text)
  }
  if (!argv.includes('--check')) return 0
  if (stale.length > 0)
    console.error(`${stale.join(' and ')} differ from the options. Run \`${generateCommand}\` and commit.`)
  return stale.length > 0 ? 1 : 0
}

const [, script = '', ...argv] = process.argv
if (import.meta.url === pathToFileURL(script).href) {
  void generate(join(dirname(script), '../..'), argv).then((code) => (process.exitCode = code))
}
