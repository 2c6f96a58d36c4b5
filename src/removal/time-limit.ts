import { withEnd } from '../lib/deadline.ts'
import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import { neverSilent } from './silence.ts'

/** The same world for a limited time. */
export interface Limit {
  /** Their signal tells until when it goes on, and aborts when the time is over. Their log is never silent for long. */
  readonly ports: Ports
  end(): void
}

/** How much time there is for what, ms. */
export interface Time {
  /** Reads after "Could not …": what it is for. */
  readonly tried: string
  /** Trouble that may pass is waited out for so long. */
  readonly patience: number
  /** So much more until a vendor that does not answer at all is left. What is under way at the end of the patience tells more by itself. */
  readonly grace: number
}

const grace = 20_000

/** No vendor's silence may outlast the time that a launch has, s. The wait for the runner has that very deadline, and tells more when it is over. */
export function launchTime(seconds: number): Time {
  return { tried: `launch a machine within ${seconds} s`, patience: seconds * 1000, grace }
}

/** Of the other verbs, each in all. A job's post step is given five minutes. */
export const verbTimes = {
  post: { tried: 'finish the launch', patience: 270_000, grace: 20_000 },
  stop: { tried: 'stop what was asked for', patience: 600_000, grace },
  sweep: { tried: 'sweep', patience: 1_200_000, grace },
  list: { tried: 'list what is there', patience: 300_000, grace },
  doctor: { tried: 'look at what a launch needs', patience: 15_000, grace },
  rerun: { tried: 'start interrupted runs again', patience: 1_500_000, grace },
} satisfies Readonly<Record<string, Time>>

export function limited(ports: Ports, { tried, patience, grace: more }: Time): Limit {
  const failure = new Failure('deadline-exceeded', {
    tried,
    said: `${[ports.clouds.names, ports.forge.name].filter(Boolean).join(' or ')} did not answer in the time that there is for it`,
    fix: 'look at their status pages, and try again.',
  })
  const [over, done] = [new AbortController(), new AbortController()]
  const { clock } = ports
  clock.sleep(patience + more, done.signal).then(
    () => over.abort(failure),
    () => undefined,
  )
  const any = AbortSignal.any([ports.signal, over.signal])
  const signal = withEnd(any, clock.now() + patience)
  const telling = neverSilent({ ...ports, signal }, tried, AbortSignal.any([any, done.signal]))
  return { ports: telling, end: () => done.abort(failure) }
}

/** Does something in the time that there is for it. */
export async function inTime<T>(ports: Ports, time: Time, act: (ports: Ports) => Promise<T>): Promise<T> {
  const limit = limited(ports, time)
  try {
    return await act(limit.ports)
  } finally {
    limit.end()
  }
}
