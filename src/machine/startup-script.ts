import { Failure } from '../model/failure.ts'

/** Bytes of a startup script given as Base64. Line breaks are allowed; anything else that is not Base64 is `invalid-input`. */
export function parseStartupScript(text: string): Buffer {
  const compact = text.replace(/\s+/g, '')
  const valid = /^[A-Za-z0-9+/]+={0,2}$/.test(compact) && compact.length % 4 === 0
  const bytes = Buffer.from(compact, 'base64')
  // Leftover bits in the last character would be lost silently: a sign of a text that was cut or is no Base64 at all.
  if (!valid || bytes.toString('base64') !== compact) {
    throw new Failure('invalid-input', {
      tried: 'read `cloud-startup-script`',
      said: 'it is not Base64',
      why: 'The script travels encoded, so that no shell or workflow syntax can change it on the way.',
      fix: 'encode the script with `base64 -w0 script.sh` and pass the result.',
    })
  }
  return bytes
}
