/** Beyond this a person reads no further, and a log is no place for a page. */
const longest = 1000

/**
 * What a refusal says, wherever in its body it stands: `message`, `error`, `error_description`, `errors` as a text, a list or texts by
 * field, or the words of a web page that answered in its place. Each sentence once; empty when there is none.
 */
export function saidIn(body: unknown): string {
  const found = typeof body === 'string' ? [wordsOf(body)] : sentencesIn(body)
  const { code } = (body ?? {}) as { readonly code?: unknown }
  const sentences = found.length === 0 && typeof code === 'string' ? [code] : found
  const all = [...new Set(sentences.map((sentence) => sentence.trim()).filter(Boolean))]
  return cut(
    all.filter((sentence) => !all.some((other) => other !== sentence && other.includes(sentence))).join('; '),
  )
}

/** Links and numbers are for programs. */
const unread = new Set(['documentation_url', 'status', 'code', 'resource', 'request_id'])

/** Deep enough for everything that vendors send, and no way to fill a stack. */
const deepest = 4
const most = 50

function sentencesIn(data: unknown, field = '', depth = 0): readonly string[] {
  if (typeof data === 'string') return [field && !data.includes(field) ? `${field} ${data}` : data]
  if (typeof data !== 'object' || data === null || depth > deepest) return []
  if (Array.isArray(data) && data.every((item) => typeof item === 'string'))
    return data.length > 0 ? sentencesIn(data.slice(0, most).join(', '), field, depth + 1) : []
  if (Array.isArray(data)) return data.slice(0, most).flatMap((item) => sentencesIn(item, field, depth + 1))
  const record = data as Readonly<Record<string, unknown>>
  const coded = codedError(record)
  if (coded !== undefined) return [coded]
  // OAuth's `error` is a code where it has a description.
  const described = typeof record.error_description === 'string'
  return Object.entries(record).flatMap(([name, value]) =>
    unread.has(name) || (described && name === 'error')
      ? []
      : sentencesIn(value, isEnvelope(name) ? field : name, depth + 1),
  )
}

function isEnvelope(name: string): boolean {
  return /^(message|messages|error|errors|error_description|reason|detail|details|base)$/.test(name)
}

/** GitHub's: `{resource, field, code, message?}` (docs.github.com, "Troubleshooting the REST API"). */
function codedError(record: Readonly<Record<string, unknown>>): string | undefined {
  const { resource, field, code, message } = record
  if (typeof code !== 'string') return undefined
  if (typeof field === 'string') return `${field}: ${typeof message === 'string' ? message : code}`
  if (typeof message === 'string') return undefined
  return typeof resource === 'string' ? `${resource}: ${code}` : undefined
}

/** A page's title and text; its scripts and styles are not said to anybody. */
function wordsOf(text: string): string {
  if (!/<[a-z!/]/i.test(text)) return text
  return text
    .slice(0, 20 * longest)
    .replace(/<(script|style)\b[^>]*>.*?<\/\1\s*>/gis, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;/g, ' ')
    .replace(/\s+/g, ' ')
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
