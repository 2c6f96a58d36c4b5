import { fenced } from '../../src/lib/page.ts'
import { openStage, type Stage } from '../scenarios/story.ts'
import type { ActionResult } from '../emulators/action-runner.ts'
import { withoutChance } from './without-chance.ts'

/** One thing that somebody does, and what he then sees. */
interface Sight {
  readonly title: string
  /** What was asked for, and what happened: a sentence. */
  readonly about: string
  /** Absent: the page alone. */
  readonly log?: true
  readonly boots?: false
  play(stage: Stage): Promise<Seen>
}

interface Seen {
  readonly log?: string
  readonly page: string
}

const ofMain = ({ main }: ActionResult): Seen => ({ log: main.log, page: main.summary })

const sights: readonly Sight[] = [
  {
    title: 'A launch',
    about: 'A spot machine for one job.',
    log: true,
    async play(stage) {
      const result = await stage.launch({ name: 'trainer', 'cloud-spot': 'true', single: 'true' })
      await stage.shutDown()
      return ofMain(result)
    },
  },
  {
    title: 'A launch that fails',
    about:
      'The startup script of the machine ends with an error. Its output is shown, and everything is removed.',
    log: true,
    async play(stage) {
      const script = Buffer.from('echo no disk for data\nexit 7\n').toString('base64')
      return ofMain(await stage.launch({ name: 'trainer', 'cloud-startup-script': script }))
    },
  },
  {
    title: 'No machine anywhere',
    about: 'The cloud has none left of what was asked for.',
    async play(stage) {
      stage.cloud.dry()
      return ofMain(await stage.launch({ name: 'trainer' }))
    },
  },
  {
    title: 'Options that cannot be used',
    about: 'All problems are reported together, on the workflow’s file.',
    log: true,
    boots: false,
    async play(stage) {
      const wrong = { 'idle-timeout': 'soon', 'cloud-hdd-size': 'big', 'cloud-regoin': 'us-west' }
      return ofMain(await stage.launch(wrong))
    },
  },
  {
    title: 'A dry run',
    about: 'What would be tried, and what it would cost. Nothing is made.',
    boots: false,
    async play(stage) {
      return ofMain(await stage.launch({ name: 'trainer', 'dry-run': 'true', 'cloud-spot': 'true' }))
    },
  },
  {
    title: 'A runner that is there',
    about: 'With `reuse` nothing is launched where a runner already has the labels.',
    boots: false,
    async play(stage) {
      stage.github.stageRunner({ name: 'lathe', labels: ['training', 'big'], online: true })
      return ofMain(await stage.launch({ labels: 'training', reuse: 'true' }))
    },
  },
  {
    title: 'A launch that was cancelled',
    about: 'The post step removes what there is, and says so on a page of its own.',
    async play(stage) {
      const result = await stage.launch(
        { name: 'trainer' },
        { cancelWhen: (line) => line.startsWith('Created ') },
      )
      return { page: `${result.main.summary}\n${result.post?.summary ?? ''}` }
    },
  },
  {
    title: '`list`',
    about: 'What there is, with what it has cost so far.',
    async play(stage) {
      await stage.launch({ name: 'trainer', 'cloud-spot': 'true' })
      const seen = ofMain(await stage.launch({ 'idle-timeout': '', command: 'list' }))
      await stage.shutDown()
      return seen
    },
  },
  {
    title: '`stop`',
    about: 'What a run launched is removed.',
    async play(stage) {
      await stage.launch({ name: 'trainer' })
      return ofMain(await stage.launch({ 'idle-timeout': '', command: 'stop' }))
    },
  },
  {
    title: '`sweep`',
    about: 'What nobody needs any more is removed. Here that is nothing.',
    boots: false,
    async play(stage) {
      return ofMain(await stage.launch({ 'idle-timeout': '', command: 'sweep' }))
    },
  },
]

const opening = `# What you see

Logs and job pages as the program writes them. Times, ids and lengths of time are all the same here.

They come from the project's emulators, by \`CML_SEEN=write npm run test:rest -- what-you-see\`, and a test compares them.
`

/** A console that was read a moment too late shows a line less. */
const mostTries = 4

/** docs/what-you-see.md, made anew; takes minutes. What is in `known` was seen before, and is played again where it does not come out the same. */
export async function whatYouSee(known: string): Promise<string> {
  const parts: string[] = [opening]
  for (const sight of sights) {
    let part = await partOf(sight)
    for (let tries = 1; known !== '' && !known.includes(part) && tries < mostTries; tries++)
      part = await partOf(sight)
    parts.push(part)
  }
  return `${parts.join('\n').trimEnd()}\n`
}

async function partOf({ title, about, log: withLog, boots, play }: Sight): Promise<string> {
  const stage = await openStage(boots === false ? { boots } : {})
  try {
    const { log = '', page } = await play(stage)
    const text = withoutChance(page).trim()
    const shown = withLog ? `The log:\n\n${fenced(withoutChance(log).trim())}\n\nThe page:\n\n` : ''
    return `## ${title}\n\n${about}\n\n${shown}${inQuote(text)}\n`
  } finally {
    await stage.close()
  }
}

/** Headings of a page are not this one's. */
function inQuote(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n')
}
