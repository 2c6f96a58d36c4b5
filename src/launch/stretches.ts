import type { Stretch } from '../lib/page.ts'
import type { Phase, Story } from './story.ts'

/** What took the time up to a mark. Marks that are not here come at any time and end nothing. */
const before: Readonly<Record<string, string>> = {
  resolved: 'looking around',
  refused: 'refused choices',
  created: 'ordering the machine',
  timers: 'booting',
  fetching: 'getting ready',
  fetched: 'fetching the runner',
  'startup-script': 'getting ready',
  registering: 'getting ready',
  registered: 'registering',
  listening: 'starting the runner',
  online: 'coming online',
  removed: 'removing everything',
}

/** The time of a launch, piece by piece; what is one thing to people is one piece. */
export function stretchesOf({ began, phases }: Pick<Story, 'began' | 'phases'>): readonly Stretch[] {
  const known = phases.filter(({ mark }) => before[mark] !== undefined)
  const pieces: Stretch[] = []
  for (const [index, phase] of known.entries()) {
    const last = known[index - 1]
    const what = wordFor(phase, last)
    const ms = phase.at - (last?.at ?? began)
    const same = pieces.findIndex((piece) => piece.what === what)
    if (same < 0) pieces.push({ what, ms })
    else pieces[same] = { what, ms: pieces[same]!.ms + ms }
  }
  return pieces
}

/** The script runs from its mark to the next. A machine that was not heard is online in one go. */
function wordFor({ mark }: Phase, last: Phase | undefined): string {
  if (last?.mark === 'startup-script') return 'running cloud-startup-script'
  if (mark === 'online' && last?.mark === 'created') return 'booting and registering'
  return before[mark]!
}
