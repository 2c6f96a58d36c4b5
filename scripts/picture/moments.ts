/** Seconds from the start of the demo, and what it said then. */
interface Line {
  readonly at: number
  readonly who: string
  readonly says: string
}

/** One life, in seconds of the demo; `lines` are what is shown of its log. */
export interface Moments {
  readonly asked: number
  readonly created: number
  readonly online: number
  readonly jobStarted: number
  readonly jobEnded: number
  readonly idleEnd: number
  readonly gone: number
  readonly lines: readonly Line[]
}

/** What is looked for, in this order; each is shown, shortened to what a picture has room for. */
const landmarks: readonly (readonly [
  name: keyof Moments | undefined,
  who: string,
  mark: RegExp,
  says: string,
])[] = [
  ['asked', 'deploy', /^▾ Run (\S*cml-runner-action\S*)/, 'Run $1'],
  ['created', 'deploy', /^Created (\S+): (\S+) (\S+) in ([\w-]+)/, 'Created $1: $2 $3 in $4'],
  [
    undefined,
    'deploy',
    /^│ (timers: this machine ends on \S+)/,
    'machine: ends on its own at the latest in 5 days',
  ],
  [undefined, 'deploy', /^│ registering/, 'machine: registering'],
  [
    'online',
    'deploy',
    /^Runner (\S+) is online, (\S+ \S+) after/,
    'Runner $1 is online, $2 after its machine was ordered',
  ],
  [undefined, 'GitHub', /^(Job deploy: success)/, '$1: the next job asks for that runner'],
  ['jobStarted', 'machine', /^(job-started: \S+)/, '$1'],
  ['jobEnded', 'machine', /^(job-ended: \S+ \S+)/, '$1'],
  ['idleEnd', 'machine', /^(ending: idle)/, '$1'],
  ['gone', 'cloud', /^(\S+ is terminated)/, '$1'],
]

/**
 * Throws where the demo did not say one of the things that make a life, or left something: then it was not one.
 *
 * @param output Lines `<seconds>  <who>  <what>`, as a demo of GitHub prints them without colours.
 */
export function readMoments(output: string): Moments {
  const spoken = output.split('\n').flatMap(lineOf)
  const times: Partial<Record<keyof Moments, number>> = {}
  const lines = landmarks.map(([name, who, mark, says]) => {
    const found = spoken.find((line) => line.who === who && mark.test(line.says))
    if (!found) throw new Error(`the demo said nothing like ${mark.source} (${who})`)
    if (name) times[name] = found.at
    return { at: found.at, who, says: found.says.replace(new RegExp(`${mark.source}.*$`), says) }
  })
  const left = /^Left at .*$/m.exec(output)?.[0] ?? ''
  if (!/^Left at .*\b0 machines\b.*\b0 registrations\b/.test(left))
    throw new Error(`the demo left something, or did not say: ${left || 'no line "Left at"'}`)
  return {
    ...(times as Required<typeof times>),
    lines: [...lines, { at: times.gone ?? 0, who: 'left', says: left }],
  }
}

function lineOf(line: string): readonly Line[] {
  const [, at, who, says] = /^ *(\d+\.\d) {2}(\w+) +(.*)$/.exec(line) ?? []
  return at && who && says !== undefined ? [{ at: Number(at), who, says: says.trim() }] : []
}
