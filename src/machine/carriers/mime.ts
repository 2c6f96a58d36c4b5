export interface MimePart {
  /** A content type that cloud-init knows: `text/cloud-boothook`, `text/cloud-config`, `text/x-shellscript`. */
  readonly type: string
  /** Where something depends on it: cloud-init gives each part one. */
  readonly filename?: string
  /** ASCII only, so that no transfer encoding can change it. */
  readonly text: string
}

/** MIME multipart as cloud-init reads it. Every byte counts: what MIME says where nothing is said, such as 7bit and ASCII, is not said. */
export function renderMime(parts: readonly MimePart[]): string {
  const boundary = boundaryFor(parts)
  const body = parts.map((part) => `--${boundary}\n${renderPart(part)}\n`).join('')
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${body}--${boundary}--\n`
}

/** The first of `cml`, `cml1`, `cml2` … with which nothing begins in any of the texts: deterministic, and soon found in a few kilobytes. */
function boundaryFor(parts: readonly MimePart[]): string {
  for (let count = 0; ; count++) {
    const boundary = `cml${count || ''}`
    if (!parts.some(({ text }) => text.includes(`--${boundary}`))) return boundary
  }
}

function renderPart({ type, filename, text }: MimePart): string {
  if (!isPlain(text)) throw new Error(`${type} is not plain ASCII`)
  const name = filename ? `Content-Disposition: attachment; filename="${filename}"\n` : ''
  return `Content-Type: ${type}\n${name}\n${text}`
}

/** Printable ASCII, tabs and newlines: what travels unchanged through mail encodings, JSON and YAML alike. */
export function isPlain(text: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(text)
}
