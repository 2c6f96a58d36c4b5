import { createHash } from 'node:crypto'

export interface MimePart {
  /** A content type that cloud-init knows: `text/cloud-boothook`, `text/cloud-config`, `text/x-shellscript`. */
  readonly type: string
  readonly filename: string
  /** ASCII only, so that no transfer encoding can change it. */
  readonly text: string
}

/** MIME multipart as cloud-init reads it. The boundary is made from the contents: deterministic, and in none of them. */
export function renderMime(parts: readonly MimePart[]): string {
  const hash = createHash('sha256')
  for (const { text } of parts) hash.update(text)
  const boundary = `==cml-runner-${hash.digest('hex').slice(0, 24)}==`
  const body = parts.map((part) => `--${boundary}\n${renderPart(part)}\n`).join('')
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${body}--${boundary}--\n`
}

function renderPart({ type, filename, text }: MimePart): string {
  if (!isPlain(text)) throw new Error(`${filename} is not plain ASCII`)
  return [
    `Content-Type: ${type}; charset="us-ascii"`,
    'MIME-Version: 1.0',
    'Content-Transfer-Encoding: 7bit',
    `Content-Disposition: attachment; filename="${filename}"`,
    '',
    text,
  ].join('\n')
}

/** Printable ASCII, tabs and newlines: what travels unchanged through mail encodings, JSON and YAML alike. */
export function isPlain(text: string): boolean {
  return /^[\t\n\x20-\x7e]*$/.test(text)
}
