import { expect } from '@jest/globals'
import { join } from 'node:path'
import { AgentClock } from '../emulators/machine/agent-clock.ts'
import { jobOf, type Box } from './box.ts'
import { hereStory } from './story.ts'

const hour = 3_600_000

/** Nobody answers there. */
const away = (box: Box): void => void (box.emulator.fault = () => 'reset-before' as const)
const back = (box: Box): void => void (box.emulator.fault = undefined)

/** So many more requests have come in vain. */
const unheard = (box: Box, count: number): Promise<unknown> => {
  const before = box.emulator.journal.length
  return box.emulator.until(() => box.emulator.journal.length >= before + count)
}

hereStory(
  'a forge that is away for an hour finds the runner again, and gives it its next job',
  async (box) => {
    const runner = box.start(['--labels=tf', '--idle-timeout=never'])
    await runner.said(/ listening/)
    const [before] = box.runners()
    away(box)
    box.emulator.advance(hour)
    await unheard(box, 5)
    back(box)
    const job = jobOf(box, 'tf', 'true')
    await job.completed
    runner.signal('SIGTERM')
    expect([job.succeeded, job.runnerName(), await runner.ended]).toEqual([true, before, 143])
    expect(runner.log()).not.toMatch(/anew/)
  },
)

hereStory('one that is away at the start is waited for', async (box) => {
  away(box)
  const runner = box.start(['--labels=tf', '--idle-timeout=2'])
  await unheard(box, 3)
  back(box)
  expect(await runner.ended).toBe(0)
  expect(runner.log()).toMatch(/ listening[^]* ending: idle/)
})

hereStory(
  'one that is away at the end is told of, with what stays, and the next start removes it',
  async (box) => {
    // There is no time for more than some seconds.
    const first = box.start(['--labels=tf', '--cloud=none', '--idle-timeout=never'], { CI: 'true' })
    await first.said(/ listening/)
    away(box)
    first.signal('SIGTERM')
    expect([await first.ended, box.runners().length]).toEqual([143, 1])
    expect(first.log()).toMatch(/The registration stays, offline[^]*What to do: remove it at/)
    back(box)
    const second = box.start(['--labels=tf', '--idle-timeout=2'])
    expect(await second.ended).toBe(0)
    expect(second.log()).toMatch(/Removed the registration of runner cml-\w+, whose process died here/)
  },
)

hereStory('at the end of `max-lifetime` the job that runs is ended, as the forge can see', async (box) => {
  const clock = new AgentClock(box.home)
  const runner = box.start(['--labels=tf', '--idle-timeout=never', '--max-lifetime=10m'], clock.variables)
  await runner.said(/ listening/)
  const job = jobOf(box, 'tf', `while [ ! -e '${join(box.home, 'never')}' ]; do sleep 0.1; done`)
  await runner.said(/ job-started/)
  clock.pass(601)
  await job.completed
  expect([job.succeeded, await runner.ended]).toEqual([false, 0])
  expect(runner.log()).toContain('its `max-lifetime` is over')
})

hereStory('without an idle timeout a month goes by, and with one its time', async (box) => {
  const clock = new AgentClock(box.home)
  const patient = box.start(['--labels=tf', '--idle-timeout=never'], clock.variables)
  const other = box.start(['--labels=tf', '--idle-timeout=20d'], clock.variables)
  await Promise.all([patient, other].map((runner) => runner.said(/ listening/)))
  clock.pass(30 * 24 * 3600)
  expect(await other.ended).toBe(0)
  // While a third one comes and goes, the first has looked at its time more than once.
  expect(await box.start(['--labels=tf', '--idle-timeout=3']).ended).toBe(0)
  const job = jobOf(box, 'tf', 'true')
  await job.completed
  patient.signal('SIGTERM')
  expect([job.succeeded, await patient.ended, patient.log().includes('idle for')]).toEqual([true, 143, false])
})

hereStory('a name that is taken and online is an error', async (box) => {
  const first = box.start(['--labels=tf', '--name=box', '--idle-timeout=never'])
  await first.said(/ listening/)
  const second = box.start(['--labels=tf', '--name=box'])
  expect([await second.ended, second.log()]).toEqual([
    1,
    expect.stringContaining('a runner of that name is online'),
  ])
  first.signal('SIGTERM')
  expect(await first.ended).toBe(143)
})
