import { describe, expect } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWorkflow } from '../emulators/workflow-runner.ts'
import { usualCloud } from '../sides/sides.ts'
import { dist, story, tellIf } from './story.ts'

const readme = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../README.md'), 'utf8')
const [, start = ''] = /^## A GPU in three steps\n(.*?)^## /ms.exec(readme) ?? []
const fenced = (language: string): readonly string[] =>
  [...start.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

/** What stands after the package's name in the command that a reader copies, in words. */
function copied(command: string, repository: string): readonly string[] {
  const [, words = ''] = new RegExp(`npx --yes \\S+ (${command} .*)`, 's').exec(
    fenced('sh').find((text) => text.includes(` ${command} `)) ?? '',
  ) ?? ['']
  return words
    .replaceAll(/\\\n/g, ' ')
    .replace('https://github.com/my-org/my-repo', repository)
    .trim()
    .split(/\s+/)
}

const [workflow = ''] = fenced('yaml')
const { name, words } = usualCloud()
const readerStory = tellIf(
  Object.keys(words.logins).some((login) => workflow.includes(login)),
  `the README’s first steps are of another cloud than ${name}`,
  story,
)

describe('the README’s start', () => {
  readerStory(
    'goes by its own commands, from doctor to a job on the GPU',
    async (stage) => {
      const token = stage.github.token()
      const argv = copied('doctor', `${stage.github.url}/octo-org/octo-repo`)
      const doctor = await stage.command(argv, { env: { REPO_TOKEN: token, CML_RUNNER_DRIVER: 'github' } })
      expect([doctor.code, doctor.stdout]).toEqual([0, expect.stringContaining(`${name}: credentials`)])
      const file = join(stage.folder, 'train.yml')
      writeFileSync(file, workflow)
      const [deploy, train] = await runWorkflow(file, {
        scene: stage,
        dist,
        repository: {},
        secrets: { RUNNER_TOKEN: token },
        github: { event_name: 'workflow_dispatch' },
        checkout: `printf '#!/bin/sh\\necho trained\\n' >train.sh && chmod +x train.sh`,
      })
      expect([deploy?.result, deploy?.log]).toEqual(['success', expect.stringContaining('is online')])
      expect([train?.result, train?.log]).toEqual(['success', expect.stringMatching(/ trained$/m)])
      await stage.shutDown()
    },
    { github: { api: '/api/v3' }, machine: { gpu: true } },
  )
})
