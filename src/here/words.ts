import type { Words } from '../agent/footing.ts'
import { onOneLine } from '../lib/printable.ts'
import { renderMilestone, type Milestone } from '../machine/agent-config.ts'
import type { Ports } from '../ports.ts'
import type { HereOrder } from './order.ts'

/** As a person reads them, who sits before the terminal. What is not here needs no word there. */
const sentences: Readonly<Partial<Record<Milestone, (text: string) => string>>> = {
  packages: (text) => text && `Note: ${text}.`,
  registering: (text) => `Registering: ${text}.`,
  listening: () =>
    'Listening for jobs. Ctrl-C: finish the job that runs, take no other, leave. Twice: end it now.',
  'job-started': (text) => `Job started: ${text || 'a job'}`,
  'job-ended': (text) => `Job ended: ${text || 'a job'}`,
  interrupted: (text) => `${text}.`,
  ending: (text) => `Leaving: ${text}.`,
  failed: (text) => `Failed: ${text}.`,
}

/** Sentences for a person at a terminal; elsewhere the lines of a machine's console, each with its time, which programs can read. */
export function wordsFor(
  { terminal, lease }: HereOrder,
  { host, clock }: Pick<Ports, 'host' | 'clock'>,
): Words {
  const { log } = host
  const { name } = lease
  return {
    say(milestone, text = '') {
      // The agent says so of what has been done by then.
      if (milestone === 'registering' && text === name) return
      const shown = onOneLine(text).trim()
      if (!terminal) return log.info(renderMilestone(clock.now() / 1000, milestone, shown))
      const sentence = sentences[milestone]?.(shown)
      if (sentence) log.info(sentence.replace(/^./, (letter) => letter.toUpperCase()).replace(/\.\.$/, '.'))
    },
    quote: (line) => log.info(`  | ${onOneLine(line).trim()}`),
  }
}
