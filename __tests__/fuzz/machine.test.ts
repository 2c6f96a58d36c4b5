import { expect } from '@jest/globals'
import fc from 'fast-check'
import { existsSync } from 'node:fs'
import { story } from '../scenarios/story.ts'
import { canary, nasty, printableText, seed, tagText, unprintable } from './hostile.ts'

/** Names of outputs and states that a launch has; a command that took effect would add or change one. */
const outputNames = [
  'cloud',
  'expiresAt',
  'instanceId',
  'instanceIp',
  'instanceLaunchTime',
  'instanceType',
  'label',
  'price',
  'region',
  'reused',
  'runnerLabels',
  'runnerName',
  'runners',
  'runsOn',
  'spot',
]

const wishes = fc.sample(
  fc.record({
    name: printableText,
    label: printableText,
    value: tagText,
    owner: printableText,
    workdir: fc.constantFrom(
      `$(touch ${canary})`.replaceAll('/', '_'),
      "a'b",
      'a"b',
      '-rf',
      'ملف',
      '${HOME}',
      'a b',
    ),
    script: printableText,
  }),
  { seed, numRuns: 3 },
)

const shells = nasty.filter((text) => text.includes(canary))

for (const [index, wish] of wishes.entries()) {
  // Each with one that a shell would act on, whatever was drawn.
  const name = shells[index]!.slice(0, 64)
  const label = `${shells[index + 3]!}${wish.label}`.replaceAll(',', '')
  story(
    `launch ${index + 1} of seed ${seed}, named ${JSON.stringify(name)}, is a runner of that name and nothing else`,
    async (stage) => {
      const script = `printf '%s\\n' ${JSON.stringify(wish.script).replace(/[$`!\\]/g, '')} >/dev/null`
      const { main, post, outputs, state, masks } = await stage.launch(
        {
          name,
          labels: label,
          workdir: wish.workdir,
          'cloud-metadata': `note=${wish.value}`,
          'cloud-startup-script': Buffer.from(`#!/bin/sh\n# ${wish.script}\n${script}\n`).toString('base64'),
        },
        { env: { GITHUB_TRIGGERING_ACTOR: wish.owner } },
      )
      expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
      expect(Object.keys(outputs).sort()).toEqual(outputNames)
      expect(outputs).toMatchObject({
        runnerName: name,
        runnerLabels: expect.stringContaining(label) as unknown,
      })
      expect(Object.keys(state).sort()).toEqual(['creating', 'handed-over', 'identity', 'instance'])
      expect(masks.some((mask) => name.includes(mask) || label.includes(mask))).toBe(false)
      const [machine] = stage.cloud.machines
      expect([machine?.name ?? name, machine?.lease?.name]).toEqual([name, name])
      expect(machine?.tags).toMatchObject({ note: wish.value })
      expect(stage.github.runners()[0]).toMatchObject({
        name,
        labels: expect.arrayContaining([label]) as unknown,
      })
      const job = stage.jobFor(outputs, 'pwd; echo "$RUNNER_NAME"')
      await job.completed
      expect([job.conclusion, job.runnerName]).toEqual(['success', name])
      expect(job.log).toContain(wish.workdir)
      await stage.shutDown()
      expect(`${main.raw}${post?.raw}`).not.toMatch(
        /\u001b|^::(set-output|stop-commands|save-state|set-env)/m,
      )
      expect(existsSync(canary)).toBe(false)
    },
  )
}

story('what is refused leaves the step with one error and nothing else', async (stage) => {
  // What an environment can hold.
  const carried = unprintable.filter((text) => !/[\0\p{Cs}]/u.test(text))
  const texts = fc.sample(fc.constantFrom(...carried), { seed, numRuns: 4 })
  for (const text of texts) {
    const { main, post, outputs, state } = await stage.launch({
      name: `a${text}b`,
      'cloud-type': `m${text}`,
      [`x${text.replace(/[\0=]/g, '')}`]: '1',
    })
    expect([main.exitCode, post?.exitCode, outputs, state]).toEqual([2, 0, {}, {}])
    for (const option of ['`name`', 'cloud-type']) expect(main.log).toContain(option)
    // One order to the runner; the rest is text.
    const orders = main.raw.split('\n').filter((line) => /^\s*::(?!add-mask::)|^##\[/.test(line))
    expect(orders).toEqual([expect.stringMatching(/^::error title=[^\n]*$/)])
    expect(main.raw).not.toMatch(/[\0\u001b\u009b\u0008]/)
  }
  expect(stage.cloud.calls()).toEqual([])
  expect(existsSync(canary)).toBe(false)
})
