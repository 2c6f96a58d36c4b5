import { expect } from '@jest/globals'
import { homeOf, jobOf } from '../here/box.ts'
import { hereStory } from '../here/story.ts'

hereStory('the page’s own example takes a job, ends when it is idle, and leaves nothing', async (box) => {
  const runner = box.start(['--labels', 'tf', '--idle-timeout', '3'])
  await runner.said(/ listening/)
  const job = jobOf(box, 'tf', 'echo "in $PWD"')
  await job.completed
  expect([job.succeeded, await runner.ended]).toEqual([true, 0])
  expect(job.text()).toContain(`in ${homeOf(box)}/`)
  expect(JSON.parse(runner.stdout())).toMatchObject({
    cloud: 'none',
    reused: false,
    runnerLabels: expect.stringMatching(/^tf,cml-/) as unknown,
  })
})
