import type { Trouble } from '../hosts/host.ts'
import { fenced, folded, pageOf, verdict } from '../lib/page.ts'
import { cell } from '../lib/table.ts'
import { answerOf, Failure, isAboutArguments } from '../model/failure.ts'

/** How a failure is told beside a log: in three lines, and the rest. */
export function troubleOf(failure: Failure): Trouble {
  const { tried, why, fix, details = [] } = failure.explanation
  const answer = answerOf(failure.explanation)
  const aboutOptions = isAboutArguments(failure)
  const said = `Could not ${tried}${answer ? `: ${answer}` : '.'}`
  const lines = [said, ...(why ? [why] : []), ...(fix ? [`What to do: ${fix}`] : [])]
  // Of several problems the first ones are worth more than how many there are.
  const room = aboutOptions ? Math.max(0, mostLines - lines.length) : 0
  return {
    title: `cml-runner: ${titles[failure.kind]}`,
    lines: [...lines, ...details.slice(0, room)],
    rest: details.slice(room),
    aboutOptions,
  }
}

const mostLines = 3

const titles: Readonly<Record<Failure['kind'], string>> = {
  'invalid-input': 'options that cannot be used',
  unimplemented: 'not in this version',
  unauthenticated: 'credentials were not accepted',
  'permission-denied': 'a permission is missing',
  'quota-exceeded': 'a quota of the account is used up',
  'capacity-unavailable': 'the cloud has no such machine left',
  'rate-limited': 'too many requests',
  unavailable: 'a service is not available',
  'deadline-exceeded': 'it took too long',
  'not-found': 'something was not found',
  'already-exists': 'something is there already',
  conflict: 'something else is in the way',
  'failed-precondition': 'a condition is not met',
  unknown: 'an answer that is not known',
  cancelled: 'cancelled',
  internal: 'it failed',
}

/** Markdown for the job's page: what went wrong, why, what to do; `more` is Markdown that belongs before the details. */
export function troublePage(failure: unknown, more: readonly string[] = []): string {
  return pageOf([...troubleParts(failure), ...more])
}

/** Each thing once: what several parts would say stands in the first. */
export function troubleParts(failure: unknown): readonly string[] {
  if (!(failure instanceof Failure))
    return [
      verdict('❌', 'Something went wrong inside cml-runner'),
      'The log of the step says what, and where to report it.',
    ]
  const { tried, why, fix, details = [] } = failure.explanation
  const answer = answerOf(failure.explanation)
  const options = details.length > 0 && details.every((line) => line.startsWith('- '))
  return [
    verdict('❌', `Could not ${tried}`),
    answer ? asText(`${answer.slice(0, 1).toUpperCase()}${answer.slice(1)}`) : '',
    why ? asText(why) : '',
    fix ? `**What to do:** ${asText(fix)}` : '',
    options ? details.map((line) => `- ${asText(line.slice(2))}`).join('\n') : '',
    options ? '' : folded('The end of the log', details.length > 0 ? fenced(details.join('\n')) : ''),
  ]
}

/** Marks of code stay: they are ours, and whatever stands between two is text. */
function asText(text: string): string {
  const parts = text.split('`')
  // One without its partner is a text of somebody else.
  if (parts.length % 2 === 0) return cell(text)
  return parts.map((part, index) => (index % 2 === 0 ? cell(part) : `\`${onLine(part)}\``)).join('')
}

const onLine = (text: string): string => text.replace(/[\r\n]+/g, ' ')

/** What else was wrong, folded away below what was done. */
export function problemsPart(problems: readonly unknown[]): string {
  const texts = problems.map((one) => (one instanceof Error ? one.message : String(one)))
  return texts.length === 0
    ? ''
    : folded('Not everything could be looked at or removed', fenced(texts.join('\n\n')))
}
