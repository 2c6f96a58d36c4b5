import { expect } from '@jest/globals'
import { forgeSides, type ForgeName } from '../../sides/sides.ts'
import { leftRunning, type Box } from '../box.ts'
import { deeds, letGo, momentsOf, Others, release, Story, type Deed, type Moment } from '../kills.ts'
import { hereStory } from '../story.ts'

/** The states of a life with all that can happen to it; of its requests each with some, by turns. */
const chosen = (deed: number, moment: number, { request }: Moment): boolean =>
  !request || (moment + deed) % deeds.length === 0

async function play(box: Box, moment: Moment, deed: Deed): Promise<void> {
  const others = new Others(box)
  try {
    const story = new Story(box, others, moment)
    await story.reach(moment)
    await happen(box, story, { moment, deed })
    if (!deed.alone) {
      others.takeNumber()
      await story.forgeNotices()
    }
    await next(box, story, { moment, deed })
    expect([await leftRunning(box), box.runners(), others.touched()]).toEqual([[], [], []])
    await story.forgeNotices()
    const done = await story.jobIsOver()
    if (moment.busy) expect(done).toBe(deed.lets ?? false)
  } finally {
    release(box)
    others.end()
  }
}

interface Row {
  readonly moment: Moment
  readonly deed: Deed
}

async function happen(box: Box, story: Story, { moment, deed }: Row): Promise<void> {
  // Whoever leaves already may be gone before it hears of it.
  const codes = / ending/.test(story.first.log()) ? [...deed.codes, 0] : deed.codes
  deed.act(box, story.first)
  release(box)
  if (deed.lets) letGo(box)
  // Of a job whose worker has died the forge hears nothing any more, and it believes the runner busy until it gives up.
  if (!(moment.busy && deed.tells))
    story.first.said(/ ending| failed/).then(
      () => story.forgeNotices(),
      () => undefined,
    )
  expect(codes).toContain(await story.first.ended)
  if (!deed.alone) expect(await leftRunning(box)).toEqual([])
  if (deed.clean) expect(box.runners()).toEqual([])
  if (moment.busy && deed.tells && !deed.alone) await story.jobIsOver()
}

/** The next start in the same folder. */
async function next(box: Box, story: Story, { moment, deed }: Row): Promise<void> {
  await story.again()
  if (moment.busy && deed.tells) await story.jobIsOver()
  // The forge believed it busy, and was told that it stays for now.
  if (!deed.alone || box.runners().length === 0) return
  await story.forgeNotices()
  await story.again()
}

for (const forge of Object.keys(forgeSides) as ForgeName[])
  for (const [number, moment] of (await momentsOf(forge)).entries())
    for (const [turn, deed] of deeds.entries())
      if (chosen(turn, number, moment) && (moment.program || !deed.program))
        hereStory(`${deed.title} ${moment.title}, nothing of it is left`, (box) => play(box, moment, deed), [
          forge,
        ])
