import { join } from 'node:path'
import type { ForgeName } from '../sides/sides.ts'
import { jobOf, leftRunning, openBox, type Box, type Started } from '../here/box.ts'
import { Interrupted, type Interrupt } from './interrupt.ts'
import type { Screen, Speaker } from './screen.ts'

/** s. The page's example waits for 180. */
const idleTimeout = 4
const folder = import.meta.dirname

/** Plays CML's own example of a machine of one's own: one job, then an idle end. Returns the exit code; nothing is left running. */
export async function playHere(forge: ForgeName, screen: Screen, interrupt: Interrupt): Promise<number> {
  introduce(forge, screen)
  const box: Box = await openBox<ForgeName>(forge)
  try {
    const code = await Promise.race([live(box, screen), interrupt.happens])
    return await conclude(box, code, screen)
  } catch (error) {
    screen.plain(screen.style('red', error instanceof Error ? error.message : String(error)))
    return error instanceof Interrupted ? error.code : 1
  } finally {
    await box.close()
  }
}

function introduce(forge: ForgeName, screen: Screen): void {
  screen.plain(
    screen.style('bold', 'This machine becomes the runner, does a job, and leaves when it is idle.'),
  )
  screen.plain(
    `${nameOf(forge)} is an emulator on 127.0.0.1. The command line is the one in dist/, the training is a real one.`,
  )
  screen.plain()
  screen.plain(
    `  cml-runner --repo … --token … --labels tf --idle-timeout ${idleTimeout}   (180 in CML's page; the demo has no time)`,
  )
  screen.plain()
}

function nameOf(forge: ForgeName): Extract<Speaker, 'GitHub' | 'GitLab'> {
  return forge === 'github' ? 'GitHub' : 'GitLab'
}

async function live(box: Box, screen: Screen): Promise<number | string> {
  const forge = nameOf(box.forge)
  const runner = box.start(['--labels', 'tf', '--idle-timeout', String(idleTimeout)])
  const shown = follow(runner, screen)
  await runner.said(/ listening/)
  screen.say(forge, 'Job train asks for a runner with the label tf.')
  const [program, data] = [join(folder, 'train.mjs'), join(folder, 'data/machines.csv')]
  const job = jobOf(
    box,
    'tf',
    `'${process.execPath}' '${program}' '${data}' >trained.txt; sed 's/^/| /' trained.txt`,
  )
  await job.completed
  for (const [, line = ''] of job.text().matchAll(/(?:^|\s)\| (.*)$/gm)) screen.say('train', line.trim())
  screen.say(forge, `Job train: ${job.succeeded ? 'success' : 'failed'}.`)
  if (!job.succeeded) throw new Error(`job train has failed:\n${job.text()}`)
  screen.say('machine', '(no more jobs: it waits until it has been idle long enough)', 'dim')
  const code = await runner.ended
  clearInterval(shown)
  return code
}

/** Its lines as they come. */
function follow(runner: Started, screen: Screen): NodeJS.Timeout {
  let told = 0
  const tell = (): void => {
    const lines = runner.log().split('\n').slice(0, -1)
    for (const line of lines.slice(told)) screen.say('machine', line)
    told = lines.length
  }
  void runner.ended.then(tell)
  return setInterval(tell, 50)
}

async function conclude(box: Box, code: number | string, screen: Screen): Promise<number> {
  const left = box.emulator.leftovers().registrations.length
  const [processes, refused] = [(await leftRunning(box)).length, box.emulator.refused]
  const clean = code === 0 && left === 0 && processes === 0 && refused.length === 0
  screen.plain()
  screen.plain(
    screen.style(
      ['bold', clean ? 'green' : 'red'],
      `${screen.seconds.toFixed(1)} s. It ended with ${code}. Left at ${nameOf(box.forge)}: ${left} registrations. Left here: ${processes} processes.`,
    ),
  )
  for (const problem of refused) screen.plain(`The emulator did not understand: ${problem}`)
  return clean ? 0 : 1
}
