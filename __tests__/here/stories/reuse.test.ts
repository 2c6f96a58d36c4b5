import { describe, expect } from '@jest/globals'
import type { GitlabEmulator } from '../../emulators/gitlab/gitlab.ts'
import { isGithub, jobOf, type Box } from '../box.ts'
import { hereStory } from '../story.ts'

const outputsOf = (text: string): Record<string, string> => JSON.parse(text) as Record<string, string>

/** Somebody's runner, which is there before anything starts. */
function stage(box: Box, runner: { name: string; labels: string[]; online?: boolean; busy?: boolean }): void {
  const { labels, ...told } = { online: true, busy: false, ...runner }
  if (isGithub(box)) box.emulator.stageRunner({ ...told, labels })
  else
    (box.emulator as GitlabEmulator).stageRunner({
      ...told,
      tags: labels,
      // Within two hours of a contact GitLab calls it online.
      ...(told.online ? {} : { contactedAt: 0 }),
    })
}

function takeAway(box: Box, ...names: readonly string[]): void {
  for (const name of names) box.emulator.deleteRunner(name)
}

describe('with `reuse`', () => {
  hereStory('nothing is started where a runner has all the labels, with a job or without', async (box) => {
    stage(box, { name: 'lathe', labels: ['tf', 'gpu', 'own'], busy: true })
    const before = box.emulator.runners().length
    const runner = box.start(['--labels=tf,gpu', '--reuse'])
    expect([await runner.ended, box.emulator.runners().length]).toEqual([0, before])
    const { runnerName, ...outputs } = outputsOf(runner.stdout())
    expect([runnerName, outputs]).toEqual([
      expect.stringContaining('lathe'),
      expect.objectContaining({ reused: true, runsOn: '["tf","gpu"]', cloud: '', instanceId: '' }),
    ])
    expect(runner.log()).toMatch(/is used: nothing was started here/)
    takeAway(box, 'lathe')
  })

  hereStory(
    'one that is offline, or lacks a label, or has a job where none may, does not do',
    async (box) => {
      stage(box, { name: 'gone', labels: ['tf', 'gpu'], online: false })
      stage(box, { name: 'plain', labels: ['tf'] })
      stage(box, { name: 'busy', labels: ['tf', 'gpu'], busy: true })
      const runner = box.start(['--labels=tf,gpu', '--reuse-idle', '--idle-timeout=2'])
      expect([await runner.ended, outputsOf(runner.stdout()).reused]).toEqual([0, false])
      expect(runner.log()).toMatch(/busy is there and is not used: it has a job/)
      takeAway(box, 'gone', 'plain', 'busy')
    },
  )

  hereStory('a runner of that name does, of ours, on this very machine', async (box) => {
    const first = box.start(['--labels=tf', '--name=box', '--idle-timeout=never'])
    await first.said(/ listening/)
    const second = box.start(['--labels=other', '--name=box', '--dry-run', '--reuse'])
    expect([await second.ended, second.stdout()]).toEqual([
      0,
      expect.stringContaining('box is online and would be used'),
    ])
    const third = box.start(['--labels=other', '--name=box'], { CML_RUNNER_REUSE: 'true' })
    expect([await third.ended, outputsOf(third.stdout()).runnerName]).toEqual([0, 'box'])
    expect(third.log()).toMatch(/has the name and not all of the labels other/)
    first.signal('SIGTERM')
    expect(await first.ended).toBe(143)
  })

  hereStory('one that died here does not, although the forge still calls it online', async (box) => {
    const first = box.start(['--labels=tf', '--idle-timeout=never'])
    await first.said(/ listening/)
    first.signal('SIGKILL')
    await first.ended
    const second = box.start(['--labels=tf', '--reuse', '--idle-timeout=3'])
    await second.said(/ listening/)
    expect(second.log()).toMatch(/Removed the registration of runner \S+, whose process died here/)
    const job = jobOf(box, 'tf', 'true')
    await job.completed
    expect([job.succeeded, await second.ended]).toEqual([true, 0])
  })

  hereStory('of two that start at once both work, and the younger says so', async (box) => {
    const runners = [1, 2].map(() => box.start(['--labels=tf', '--reuse', '--idle-timeout=6']))
    const codes = await Promise.all(runners.map((runner) => runner.ended))
    const used = runners.filter((runner) => outputsOf(runner.stdout()).reused as unknown)
    // Whoever comes late finds the other.
    const told = runners.filter((runner) => /came up at the same time/.test(runner.log()))
    expect([codes, used.length + told.length]).toEqual([[0, 0], 1])
  })
})
