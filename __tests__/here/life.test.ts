import { expect, jest, test } from '@jest/globals'
import { openBox, type Box } from './box.ts'

jest.setTimeout(110_000)

/** A story on a machine of one's own; whatever it does, nothing is left running or registered, and the forge has understood everything. */
function story(name: string, tell: (box: Box<'github'>) => Promise<void>): void {
  test.concurrent(name, async () => {
    const box = await openBox('github')
    try {
      await tell(box)
      expect(box.emulator.refused).toEqual([])
      expect(box.emulator.leftovers().registrations).toEqual([])
      expect(box.processes()).toEqual([])
    } finally {
      await box.close()
    }
  })
}

story('the page’s own example takes a job, ends when it is idle, and leaves nothing', async (box) => {
  const runner = box.start(['--labels', 'tf', '--idle-timeout', '3'])
  await runner.said(/listening/)
  const job = box.emulator.queueJob({
    name: 'train',
    labels: ['self-hosted', 'tf'],
    steps: [{ run: 'echo hello' }],
  })
  await job.completed
  expect(job.conclusion).toBe('success')
  expect(await runner.ended).toBe(0)
})
