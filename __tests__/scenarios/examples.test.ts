import { describe, expect } from '@jest/globals'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runWorkflow, type Surroundings } from '../emulators/workflow-runner.ts'
import { githubRunBooks } from '../forges/github-runs.ts'
import { usualCloud } from '../sides/sides.ts'
import { dist, story, tellIf, type Stage } from './story.ts'

const examples = join(dirname(fileURLToPath(import.meta.url)), '../../docs/examples')
const file = (name: string): string => join(examples, name)
const readme = join(examples, '../../README.md')

function surroundings(stage: Stage, change: Partial<Surroundings> = {}): Surroundings {
  return {
    scene: stage,
    dist,
    repository: {
      './.github/workflows/one-machine.yml': file('one-machine.yml'),
      './.github/actions/gpu-runner': file('gpu-runner'),
    },
    secrets: { RUNNER_TOKEN: stage.github.token() },
    github: { event_name: 'workflow_dispatch' },
    ...change,
  }
}

/** As GitHub starts it when that run has ended, or by the clock. */
function rerun(
  stage: Stage,
  run?: { readonly id: string; readonly conclusion: string; readonly name?: string },
) {
  const payload = run
    ? { workflow_run: { name: 'train', ...run, id: Number(run.id) } }
    : { schedule: '17 * * * *' }
  const event = join(mkdtempSync(join(stage.folder, 'event-')), 'event.json')
  writeFileSync(event, JSON.stringify(payload))
  const github = { event_name: run ? 'workflow_run' : 'schedule', event: payload }
  const env = { GITHUB_EVENT_PATH: event, GITHUB_RUN_ID: '7100000099' }
  return runWorkflow(file('rerun.yml'), surroundings(stage, { github, env, secrets: {} }))
}

describe('docs/examples/rerun.yml', () => {
  story('starts the run of its event again, and skips one that did well', async (stage) => {
    const hands = githubRunBooks(stage.github)
    const [lost, well] = [hands.stage(['lost']), hands.stage(['well'])]
    const [end] = await rerun(stage, { id: lost, conclusion: 'failure' })
    expect([end?.result, end?.log]).toEqual(['success', expect.stringContaining('as attempt 2')])
    expect(hands.tries(lost)).toEqual({ launch: 2, 'leg 1': 2 })
    const [other] = await rerun(stage, { id: well, conclusion: 'success' })
    expect(other?.result).toBe('skipped')
    // Some of what a machine's end leaves GitHub calls cancelled.
    const [cancelled] = await rerun(stage, { id: well, conclusion: 'cancelled' })
    expect(cancelled?.result).toBe('success')
    expect(await rerun(stage, { id: lost, conclusion: 'failure', name: 'docs' })).toEqual([])
  })

  story('looks once an hour at what failed lately', async (stage) => {
    const hands = githubRunBooks(stage.github)
    const [lost, red] = [hands.stage(['lost']), hands.stage(['red'])]
    const [end] = await rerun(stage)
    expect(end?.log).toContain('Runs that failed within a day: 2. Started again: 1.')
    expect([hands.tries(lost), hands.tries(red)]).toEqual([
      { launch: 2, 'leg 1': 2 },
      { launch: 1, 'leg 1': 1 },
    ])
  })
})

const trains = `printf '#!/bin/sh\\necho "trained with $*"\\n' >train.sh && chmod +x train.sh`

/** Which cloud an example is of stands in how it logs in. */
const storyOf = (text: string, what: string): typeof story => {
  const { name, words } = usualCloud()
  const isOurs = Object.keys(words.logins).some((login) => text.includes(login))
  return tellIf(isOurs, `${what} are of another cloud than ${name}`, story)
}

const wrappingStory = storyOf(readFileSync(file('one-machine.yml'), 'utf8'), 'the examples of wrapping')

describe('examples of wrapping', () => {
  wrappingStory(
    'a composite action hands inputs in and outputs out, and its machine is the next job’s',
    async (stage) => {
      const [deploy, train] = await runWorkflow(
        file('train-composite.yml'),
        surroundings(stage, { checkout: trains }),
      )
      expect([deploy?.result, deploy?.log]).toEqual(['success', expect.stringContaining('is online')])
      // The workflow's own type, and the team's tag.
      expect(deploy?.log).toMatch(/^Created \S+: m\w*\.\w+ on-demand/m)
      expect(stage.cloud.snapshot()).toContain('"vision"')
      expect(JSON.parse(deploy!.outputs['runs-on']!)).toEqual([
        'self-hosted',
        expect.stringMatching(/^cml-[a-z2-7]{20}$/),
      ])
      expect([train?.result, train?.log]).toEqual(['success', expect.stringMatching(/trained with $/m)])
      await stage.shutDown()
    },
  )

  wrappingStory(
    'a reusable workflow is called from a matrix, each leg on a machine of its own',
    async (stage) => {
      const ends = await runWorkflow(
        file('matrix-independent.yml'),
        surroundings(stage, { checkout: trains }),
      )
      expect(ends.map(({ name, result }) => `${name} ${result}`)).toEqual(
        Array(3).fill(['deploy success', 'work success']).flat(),
      )
      const logs = ends.filter(({ name }) => name === 'work').map(({ log }) => log)
      for (const [fold, log] of logs.entries()) expect(log).toContain(`trained with --fold ${fold}`)
      expect(stage.cloud.machines).toHaveLength(3)
      await stage.cloud.until(() => stage.cloud.machines.every(({ ended }) => ended))
    },
  )
})

const [, start = ''] = /^## A GPU in three steps\n(.*?)^## /ms.exec(readFileSync(readme, 'utf8')) ?? []
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

describe('the README’s start', () => {
  const [workflow = ''] = fenced('yaml')
  const readerStory = storyOf(workflow, 'the README’s first steps')

  readerStory(
    'goes by its own commands, from doctor to a job on the GPU',
    async (stage) => {
      const around = surroundings(stage, { checkout: trains })
      const argv = copied('doctor', `${stage.github.url}/octo-org/octo-repo`)
      const env = { REPO_TOKEN: around.secrets.RUNNER_TOKEN!, CML_RUNNER_DRIVER: 'github' }
      const doctor = await stage.command(argv, { env })
      expect([doctor.code, doctor.stdout]).toEqual([
        0,
        expect.stringContaining(`${stage.cloud.side.name}: credentials`),
      ])
      const path = join(stage.folder, 'train.yml')
      writeFileSync(path, workflow)
      const [deploy, train] = await runWorkflow(path, around)
      expect([deploy?.result, deploy?.log]).toEqual(['success', expect.stringContaining('is online')])
      expect([train?.result, train?.log]).toEqual(['success', expect.stringMatching(/ trained with $/m)])
      await stage.shutDown()
    },
    { github: { api: '/api/v3' }, machine: { gpu: true } },
  )
})
