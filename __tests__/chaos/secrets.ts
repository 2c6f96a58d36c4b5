/** A text that may be read in few places only. */
export interface Secret {
  readonly kind: 'forge token' | 'cloud key' | 'cloud key id' | 'cloud token' | 'assertion' | 'registration'
  readonly text: string
}

/** Something that the suite produced, and where somebody could read it. */
export interface Piece {
  readonly place: Place
  readonly text: string
}

export type Place =
  | 'cloud request: authorization'
  | 'cloud request'
  /** Where an assertion is exchanged for a token. */
  | 'token request'
  | 'forge request: authorization'
  | 'forge request'
  | 'user data: agent configuration'
  | 'user data'
  | 'log: commands that mask'
  | 'log'
  | 'outputs'
  | 'state'
  | 'summary'
  | 'file'
  | 'arguments'
  | 'environment'

/** Where a secret may be. Everywhere else it is a leak, whatever the reader's rights. */
export const allowed: readonly (readonly [kind: Secret['kind'], place: Place, why: string])[] = [
  ['forge token', 'forge request: authorization', 'it is what the forge asks for'],
  ['cloud key id', 'cloud request: authorization', 'a signature names its key; the key itself never travels'],
  ['cloud token', 'cloud request: authorization', 'a bearer token is what the cloud asks for'],
  ['assertion', 'token request', 'it is exchanged there, and nowhere else'],
  ['registration', 'user data: agent configuration', 'the one file on the machine that is root’s own'],
  ['registration', 'log: commands that mask', 'the runner is told what to mask, and prints none of it'],
  ['registration', 'environment', 'where the runner is no machine of ours, its program takes it from there'],
  ['forge token', 'log: commands that mask', 'the runner is told what to mask, and prints none of it'],
]

/** Sentences, each naming a place; the secret itself is in none. */
export function scan(secrets: readonly Secret[], pieces: readonly Piece[]): readonly string[] {
  const found = new Set<string>()
  for (const { kind, text } of secrets) {
    const forms = formsOf(text)
    for (const piece of pieces) {
      if (allowed.some(([who, where]) => who === kind && where === piece.place)) continue
      const form = forms.find(([, spelled]) => piece.text.includes(spelled))
      if (form) found.add(`${kind} in ${piece.place} (${form[0]}): …${around(piece.text, form[1])}…`)
    }
  }
  return [...found]
}

type Form = readonly [name: string, text: string]

/** What somebody who looks for it would try. Base64 in its three alignments, less the characters that neighbours decide. */
function formsOf(secret: string): readonly Form[] {
  const known = spelled.get(secret)
  if (known) return known
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6)),
  )
  const forms: readonly Form[] = [
    ['plain', secret],
    ...base64.map((text): Form => ['Base64', text]),
    ...base64.map((text): Form => ['Base64 for addresses', text.replaceAll('+', '-').replaceAll('/', '_')]),
    ['hexadecimal', bytes.toString('hex')],
    ['as in an address', encodeURIComponent(secret)],
    ['as in JSON', JSON.stringify(secret).slice(1, -1)],
    ['backwards', [...secret].reverse().join('')],
  ]
  spelled.set(secret, forms)
  return forms
}

const spelled = new Map<string, readonly Form[]>()

function around(text: string, secret: string): string {
  const at = text.indexOf(secret)
  const shown = (part: string): string => part.replace(/\s+/g, ' ')
  return `${shown(text.slice(Math.max(0, at - 40), at))}<here>${shown(text.slice(at + secret.length, at + secret.length + 40))}`
}
