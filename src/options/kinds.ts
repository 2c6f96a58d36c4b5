import { parseDuration } from '../model/duration.ts'
import { Secret } from '../model/secret.ts'
import type { Kind, Option, Shapes } from './option.ts'

/** What a text means for an option, or what would have been valid there. */
export type Reading = { readonly value: Shapes[Kind] } | { readonly expected: string }

/** Turns the text of one option into its value. The text is trimmed and not empty. Linear in its length. */
export function readValue(row: Option, text: string): Reading {
  if (/\p{Cs}|\0/u.test(text)) return { expected: 'text in valid Unicode without null characters' }
  const reading = readers[row.kind](text, row)
  // Each of several amounts was checked alone.
  if ('expected' in reading || row.kind === 'amounts') return reading
  const objection = row.check?.(reading.value)
  return objection === undefined ? reading : { expected: objection }
}

const readers: Readonly<Record<Kind, (text: string, row: Option) => Reading>> = {
  text: (text, row) =>
    row.multiline ? { value: text } : row.linePerCloud ? severalLines(text) : oneLine(text),
  secret: (text) => ({ value: new Secret(text) }),
  list: readList,
  flag: readFlag,
  number: readNumber,
  amounts: readAmounts,
  duration: readDuration,
  choice: readChoice,
  choices: readChoices,
  pairs: readPairs,
  url: readUrl,
}

// Control characters could rewrite a terminal or forge log lines; nothing these options name contains any.
const control = /\p{Cc}/u

function oneLine(text: string): Reading {
  return control.test(text) ? { expected: 'one line without control characters' } : { value: text }
}

function severalLines(text: string): Reading {
  return text.split(/[\r\n]+/).some((line) => control.test(line))
    ? { expected: 'lines without control characters' }
    : { value: text }
}

/** More than anybody means; each may lead to a sentence of a refusal. */
const mostItems = 200

function readList(text: string): Reading {
  const items = text.split(/[,\n\r]/).map((item) => item.trim())
  if (items.some((item) => control.test(item))) return { expected: 'a list without control characters' }
  const value = items.filter((item) => item !== '')
  if (value.length > mostItems) return { expected: `at most ${mostItems} items` }
  return value.length > 0 ? { value } : { expected: 'at least one item' }
}

const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
}

function readFlag(text: string): Reading {
  const word = text.toLowerCase()
  return Object.hasOwn(words, word) ? { value: words[word]! } : { expected: '`true` or `false`' }
}

function readNumber(text: string, row: Option): Reading {
  // Not Number(text) alone: it takes `0x10`, `1e3` and `Infinity`.
  const [, written = '', unit = ''] = /^([+-]?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? []
  const fits = written !== '' && (unit === '' || row.units?.includes(unit.toLowerCase()))
  const value = fits ? Number(written) : NaN
  return Number.isFinite(value) ? { value } : { expected: row.check?.(NaN) ?? 'a number' }
}

function readAmounts(text: string, row: Option): Reading {
  const lines = text.split(/[\r\n]+/).flatMap((line) => line.trim() || [])
  if (lines.length > mostItems) return { expected: `at most ${mostItems} lines` }
  const readings = lines.map((line) => readAmount(line.replace(/^[a-z]+:/i, '').trim(), row))
  const wrong = readings.find((reading) => 'expected' in reading)
  if (wrong) return wrong
  const single = lines.length === 1 && !lines[0]!.includes(':') ? readings[0] : undefined
  return single ?? { value: lines.join('\n') }
}

function readAmount(text: string, row: Option): Reading {
  const reading = readNumber(text, row)
  if ('expected' in reading) return reading
  const objection = row.check?.(reading.value)
  return objection === undefined ? reading : { expected: objection }
}

function readDuration(text: string, row: Option): Reading {
  const value = text.length <= 64 ? parseDuration(text) : undefined
  const expected = row.check?.(NaN) ?? 'seconds, or a duration such as `90s`, `15m`, `1.5h`, or `never`'
  return value === undefined ? { expected } : { value }
}

function readChoice(text: string, row: Option): Reading {
  const choices = row.choices ?? []
  const value = choices.find((choice) => choice === text.toLowerCase())
  return value === undefined
    ? { expected: `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}` }
    : { value }
}

function readChoices(text: string, row: Option): Reading {
  const items = readList(text)
  if ('expected' in items) return items
  const choices = row.choices ?? []
  const given = (items.value as readonly string[]).map((item) => item.toLowerCase())
  return given.every((item) => choices.includes(item))
    ? { value: [...new Set(given)] }
    : { expected: `one or several of ${choices.map((choice) => `\`${choice}\``).join(', ')}` }
}

/**
 * One pair a line; a text of one line may hold several, separated by commas. There a comma separates only where a new
 * `key=` follows, so that values with commas (`zones=a,b`) arrive whole.
 */
function readPairs(text: string): Reading {
  const lines = text.split(/[\n\r]+/).map((line) => line.trim())
  const filled = lines.filter((line) => line !== '')
  const items = filled.length > 1 ? filled : splitAtKeys(filled[0] ?? '')
  const pairs = new Map<string, string>()
  for (const item of items) {
    const equals = item.indexOf('=')
    const key = item.slice(0, Math.max(equals, 0)).trim()
    const value = item.slice(equals + 1).trim()
    if (key === '') return { expected: '`key=value` pairs, one a line or separated by commas' }
    if (pairs.has(key) && pairs.get(key) !== value) return { expected: 'each key once' }
    if (control.test(item)) return { expected: 'pairs without control characters' }
    pairs.set(key, value)
  }
  return { value: Object.fromEntries(pairs) }
}

function splitAtKeys(line: string): readonly string[] {
  const items: string[] = []
  for (const part of line.split(',')) {
    if (items.length === 0 || part.includes('=')) items.push(part.trim())
    else items[items.length - 1] += `,${part}`
  }
  return items.filter((item) => item !== '')
}

/**
 * A web address without credentials, query, `.git` and trailing slashes. Git's other spellings of a repository
 * (`git@host:org/repo.git`, `ssh://git@host/org/repo`, `host/org/repo`) are turned into it.
 */
function readUrl(text: string): Reading {
  const meant = /^[\w.-]{1,60}\/[\w.-]{1,100}$/.test(text) ? `https://github.com/${text}` : undefined
  const expected = `a web address such as \`${meant ?? 'https://github.com/org/repo'}\``
  if (text.length > 2048 || /[\s\p{Cc}]/u.test(text)) return { expected }
  const scp = /^(?:[\w.-]+@)?([\w.-]+\.[\w-]+):(?!\d+(?:\/|$))(.+)$/.exec(text)
  const spelled = scp ? `ssh://${scp[1]}/${scp[2]}` : text
  const [, scheme = 'bare', rest = spelled] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(spelled) ?? []
  const url = urlOf(`${scheme === 'http' ? 'http' : 'https'}://${rest}`)
  const sound =
    url && (scheme === 'bare' ? url.hostname.includes('.') : /^(https?|ssh|git\+ssh)$/i.test(scheme))
  if (!sound) return { expected }
  // The port of an SSH address is the SSH server's.
  const host = (/ssh$/i.test(scheme) ? url.hostname : url.host).replace(/\.+(?=:|$)/, '')
  const path = url.pathname.replace(/\/+$/, '').replace(/\.git$/i, '')
  return { value: new URL(`${url.protocol}//${host}${path}`) }
}

/** Undefined when it is none. (`URL.parse` came with Node 22.) */
export function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}
