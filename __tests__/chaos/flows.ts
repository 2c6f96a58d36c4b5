import type { Signal } from './processes.ts'
import type { Call, End, FaultKind, Step, Sweeper } from './rig.ts'
import type { Story } from './story.ts'
import type { Event, Moment } from './tap.ts'

/** What is tried: which of the product's processes meets the trouble. */
export const subjects = [
  'launch',
  'launch-cli',
  'launch-reuse',
  'post',
  'post-kept',
  'stop',
  'stop-cli',
  'sweep',
  'sweep-cli',
] as const
export type Subject = (typeof subjects)[number]

/** What comes before the trouble did not work: a host with too much to do makes the faster time run out. It is tried again. */
export class SetupFailure extends Error {}

/** What happens to it. */
export type Strike =
  | { readonly kind: 'none' }
  /** A request fails, once or every time it is sent. */
  | { readonly kind: 'fault'; readonly point: string; readonly fault: FaultKind; readonly always: boolean }
  /** The process is told to end when it has sent a request. */
  | { readonly kind: 'crash'; readonly point: string; readonly moment: Moment; readonly signal: Signal }
  /** … or when it writes something down. */
  | {
      readonly kind: 'write'
      readonly point: string
      readonly when: 'before' | 'after'
      readonly signal: Signal
    }
  /** Somebody else sweeps while it waits for the answer to a request: nothing may come of that. */
  | { readonly kind: 'sweep'; readonly point: string; readonly by: Sweeper }
  /** … or so many real ms after its start, in a world where requests are slow or fail by chance. */
  | {
      readonly kind: 'random'
      readonly after: number
      readonly signal: Signal
      readonly chance: (call: Call) => Event | undefined
    }

/** Who cleans up behind it: whatever follows in its own job, or, since that died with its host, a sweep after the machine has expired. */
export type Recovery = 'job' | 'sweep'

/** Runs one subject in trouble, and what cleans up behind it. Afterwards the story knows what is there and what should be. */
export async function run(story: Story, subject: Subject, strike: Strike, recovery: Recovery): Promise<void> {
  await flows[subject](story, strike, recovery)
  await story.settled()
  if (story.busyEntries()) await sweepLater(story)
  if (story.unnoticedEntries()) await sweepLater(story, story.forge.noticesAfter)
  if (!story.entriesInDoubt()) return
  story.problems.push(...story.harm())
  story.forgers.giveUp()
  await sweepLater(story)
}

type Flow = (story: Story, strike: Strike, recovery: Recovery) => Promise<void>

const flows: Readonly<Record<Subject, Flow>> = {
  async launch(story, strike, recovery) {
    const step = await story.step('launch')
    const main = await struck(story, strike, 'launch', () => step.main())
    if (main.exitCode === 0) story.keep()
    else if (step.handedOver()) story.excuse()
    if (recovery === 'sweep') return sweepAfterExpiry(story)
    await story.recover('post', () => step.post())
  },

  async 'launch-cli'(story, strike, recovery) {
    const end = await struck(story, strike, 'launch', () => story.command('launch'))
    if (end.exitCode === 0) story.keep()
    if (recovery === 'sweep') return sweepAfterExpiry(story)
    if (end.exitCode !== 0) await story.recover('stop', () => story.command('stop'))
  },

  /** Somebody's runner with the labels is there, unless the forge calls it offline: then this is a launch like any other. */
  async 'launch-reuse'(story, strike, recovery) {
    const step = await story.step('launch', { reuse: 'true', single: '', registration: '' })
    const main = await struck(story, strike, 'launch', () => step.main())
    const reused = /and is used: nothing was launched/.test(main.log)
    if (main.exitCode === 0 && !reused) story.keep()
    else if (step.handedOver()) story.excuse()
    if (reused && story.ours().length > 0) story.problems.push('a launch that used a runner made a machine')
    if (recovery === 'sweep') return sweepAfterExpiry(story)
    await story.recover('post', () => step.post())
  },

  /** Undoes a launch that was killed as soon as its machine was there, or when it was about to be handed over. */
  async post(story, strike, recovery) {
    const step = await killedLaunch(story, recovery === 'job')
    const post = await struckRemoval(story, strike, 'post', () => step.post())
    if (post.exitCode !== 0) await sweepAfterExpiry(story)
  },

  async 'post-kept'(story, strike) {
    const step = await handedOver(story)
    story.work()
    story.forgers.comeBack()
    const post = await struck(story, strike, 'post', () => step.post())
    if (post.exitCode !== 0 && !story.processes.told)
      story.problems.push(`post of a launch that was handed over ended with ${post.exitCode}`)
  },

  async stop(story, strike, recovery) {
    await (await handedOver(story)).post()
    story.work()
    story.kept.clear()
    const step = await story.step('stop')
    const stop = await struckRemoval(story, strike, 'stop', () => step.main())
    if (stop.exitCode === 0) return
    if (recovery === 'sweep') return sweepAfterExpiry(story)
    // Where it failed by itself there is nothing for its post step to go on with.
    if (story.processes.told) await story.recover('post of stop', () => step.post())
    else await story.recover('stop again', () => story.command('stop'))
  },

  async 'stop-cli'(story, strike, recovery) {
    await handedOver(story)
    story.work()
    story.kept.clear()
    const stop = await struckRemoval(story, strike, 'stop', () => story.command('stop'))
    if (stop.exitCode === 0) return
    if (recovery === 'sweep') return sweepAfterExpiry(story)
    await story.recover('stop again', () => story.command('stop'))
  },

  sweep: (story, strike, recovery) =>
    sweepInTrouble(story, strike, recovery, async () => (await story.step('sweep')).main()),

  'sweep-cli': (story, strike, recovery) =>
    sweepInTrouble(story, strike, recovery, () => story.command('sweep')),
}

async function sweepInTrouble(
  story: Story,
  strike: Strike,
  recovery: Recovery,
  sweep: () => Promise<End>,
): Promise<void> {
  await killedLaunch(story, recovery === 'job')
  await expire(story)
  const end = await struckRemoval(story, strike, 'sweep', sweep)
  if (end.exitCode === 0) return
  await story.pass(untilNextSweep)
  await story.recover('sweep again', () => story.command('sweep'))
}

/** A launch that went well; its post step is still to come. */
async function handedOver(story: Story): Promise<Step> {
  const step = await story.step('launch')
  const main = await step.main()
  story.note('launch', main)
  if (main.exitCode !== 0)
    throw new SetupFailure(`a launch without any trouble ended with ${main.exitCode}:\n${main.log}`)
  story.keep()
  return step
}

/** A launch whose process is killed: with its machine online, or as soon as it was ordered. */
async function killedLaunch(story: Story, online: boolean): Promise<Step> {
  const step = await story.step('launch')
  const { tap, processes, creatingCall } = story
  if (online) story.crashAt(story.forge.firstOutput, 'before', 'SIGKILL')
  else
    tap.begin(
      (_, { name }) => (name === creatingCall ? { crash: 'after' } : undefined),
      () => processes.strike('SIGKILL'),
    )
  const main = await step.main()
  tap.end()
  processes.told = undefined
  story.note('launch', main)
  if (main.signal !== 'SIGKILL')
    throw new SetupFailure(`a launch that was to be killed ended with ${main.exitCode}:\n${main.log}`)
  return step
}

async function expire(story: Story): Promise<void> {
  await story.passLifetime()
  story.bystanders.seedYoung()
  story.bystanders.seedCorpses(3)
}

/** Sweeps are scheduled: the next one comes so many ms later. */
const untilNextSweep = 20 * 60_000

/** When the forge has noticed that nothing runs there any more. */
async function sweepLater(story: Story, later = untilNextSweep): Promise<void> {
  await story.pass(later)
  await story.recover('sweep of what the forge kept', () => story.command('sweep'))
}

async function sweepAfterExpiry(story: Story): Promise<void> {
  story.problems.push(...story.harm())
  story.kept.clear()
  story.excused.clear()
  await expire(story)
  await story.recover('sweep', () => story.command('sweep'))
}

/** A removing process in trouble: one passing fault must not keep it from its work, and its time counts. */
async function struckRemoval(
  story: Story,
  strike: Strike,
  what: string,
  act: () => Promise<End>,
): Promise<End> {
  const passing = strike.kind === 'none' || (strike.kind === 'fault' && !strike.always)
  return story.recover(what, () => struck(story, strike, undefined, act), passing)
}

async function struck(
  story: Story,
  strike: Strike,
  what: string | undefined,
  act: () => Promise<End>,
): Promise<End> {
  const { tap, processes } = story
  story.onStruck()
  if (strike.kind === 'fault' && strike.always && strike.point.startsWith(story.cloud.readsConsole))
    story.bystanders.forgetSilent()
  if (strike.kind === 'write') story.crashAt(strike.point, strike.when, strike.signal)
  tap.begin(
    (point, call) => eventOf(story, strike, point, call),
    () => processes.strike('signal' in strike ? strike.signal : 'SIGKILL'),
  )
  const stopWaiting =
    strike.kind === 'random' ? story.strikeAfter(strike.after, strike.signal) : () => undefined
  const end = await act()
  stopWaiting()
  tap.end()
  if (strike.kind === 'write' && (end.exitCode !== 0 || end.signal)) processes.told ??= strike.signal
  story.struck ||= tap.struck || processes.told !== undefined || (strike.kind === 'write' && story.crashed)
  if (what !== undefined) story.note(what, end)
  if (story.sweptSlowly && story.problems.length === 0 && end.exitCode !== 0)
    throw new SetupFailure(`a sweep took so long that a request beside it was given up:\n${end.log}`)
  if (strike.kind === 'sweep' && end.exitCode !== 0)
    story.problems.push(`${what ?? 'it'} ended with ${end.exitCode ?? end.signal} because ${strike.by} swept`)
  return end
}

function eventOf(story: Story, strike: Strike, point: string, call: Call): Event | undefined {
  if (strike.kind === 'sweep')
    return strike.point === point ? { meanwhile: () => story.sweptBy(strike.by) } : undefined
  if (strike.kind === 'random') return strike.chance(call)
  if (strike.kind === 'crash') return strike.point === point ? { crash: strike.moment } : undefined
  if (strike.kind !== 'fault') return undefined
  const name = strike.point.replace(/#\d+$/, '')
  const hit = strike.always ? call.name === name : strike.point === point
  return hit ? { fault: strike.fault } : undefined
}
