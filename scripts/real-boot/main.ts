// Stories of a machine on a real systemd, for scripts/real-boot-check.sh: TREE [words of a story's title].
import { startGithub } from '../../__tests__/emulators/github/github.ts'
import { startCloudApi } from '../../__tests__/machine/cloud-api.ts'
import type { Ground } from '../../src/model/instance.ts'
import { stories } from './container-stories.ts'
import { createContainer } from './container.ts'
import { unitStories } from './unit-stories.ts'
import { payloadFor } from './payload.ts'
import { holds, type Story } from './story.ts'

const [tree = '', ...words] = process.argv.slice(2)
/** Stories wait most of the time, but each boot keeps a processor busy for some seconds. */
const atOnce = 4

async function tell(story: Story): Promise<{ readonly problems: string[]; readonly ownTime: number }> {
  const github = await startGithub()
  const api = await startCloudApi((count) => story.cloud?.answer(count) ?? 404)
  const ground: Ground = story.cloud ? api.ground(story.cloud.powerOff) : { powerOff: 'ends', farewell: '' }
  const { payload, close } = await payloadFor(github, story, ground)
  const job =
    story.job === undefined
      ? undefined
      : github.queueJob({ name: 'train', labels: story.labels ?? ['cml'], steps: [{ run: story.job }] })
  const machine = createContainer(tree, story, { payload, github })
  let console = ''
  const status: (number | string)[] = []
  for (let count = 0; count < (story.boots ?? 1); count++) {
    const end = await machine.boot()
    status.push(end.status)
    console += end.console
  }
  const alive = status.includes('SIGKILL')
  const ownTime = machine.ownTime()
  const problems = [
    ...holds(`it did not end by itself in ${story.within} s: ${status.join(', ')}`, !alive),
    ...story.look({
      console,
      job,
      registrations: github.runners().length,
      status,
      ownTime,
      told: api.asked.length,
    }),
  ]
  if (problems.length > 0)
    process.stdout.write(`${console}\n--- journal\n${machine.journal()}\n--- job\n${job?.log ?? 'none'}\n`)
  machine.discard()
  close()
  api.close()
  await github.close()
  return { problems, ownTime }
}

async function report(story: Story): Promise<boolean> {
  const started = Date.now()
  const { problems, ownTime } = await tell(story)
  const word = problems.length > 0 ? 'FAIL' : 'ok  '
  const lines = [
    `${word} ${story.title} (${Math.round((Date.now() - started) / 1000)} s${ownTime ? `, own time ${ownTime.toFixed(2)} s` : ''})`,
    ...problems.map((problem) => `     ${problem}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return problems.length === 0
}

/** The longest first, some side by side. */
async function main(): Promise<void> {
  const chosen = [...stories, ...unitStories].filter(({ title }) =>
    words.every((word) => title.includes(word)),
  )
  const queue = [...chosen].sort((a, b) => b.within - a.within)
  let failed = 0
  const worker = async () => {
    for (let story = queue.shift(); story; story = queue.shift()) if (!(await report(story))) failed++
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  process.stdout.write(`real-boot-check: ${chosen.length} stories, ${failed} failed\n`)
  process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0
}

void main()
