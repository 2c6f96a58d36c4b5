import { expect } from '@jest/globals'
import { everySecond, forgeSides, type ForgeName } from '../../sides/sides.ts'
import { leftRunning, type Box } from '../box.ts'
import { deeds, letGo, momentsOf, Others, release, Story, type Deed, type Moment } from '../kills.ts'
import { hereStory } from '../story.ts'

/**
 * The states of a life with all that can happen to it, one half at each forge: each state and each deed at every forge, and each pair of them somewhere.
 * Of its requests, which each forge has of its own, each with one, by turns.
 */
function deedsAt({ request, program }: Moment, number: number, forge: number): readonly Deed[] {
  const chosen = request
    ? deeds.filter((_, turn) => (number + turn) % deeds.length === 0)
    : everySecond(deeds, number + forge)
  return chosen.filter((deed) => program || !deed.program)
}

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
  if (moment.busy && deed.tells && !deed.alone) await story.jobWasTold()
}

/** The next start in the same folder. */
async function next(box: Box, story: Story, { moment, deed }: Row): Promise<void> {
  await story.again()
  if (moment.busy && deed.tells) await story.jobWasTold()
  // The forge believed it busy, and was told that it stays for now.
  if (!deed.alone || box.runners().length === 0) return
  await story.forgeNotices()
  await story.again()
}

for (const [turn, forge] of (Object.keys(forgeSides) as ForgeName[]).entries())
  for (const [number, moment] of (await momentsOf(forge)).entries())
    for (const deed of deedsAt(moment, number, turn))
      hereStory(`${deed.title} ${moment.title}, nothing of it is left`, (box) => play(box, moment, deed), [
        forge,
      ])
