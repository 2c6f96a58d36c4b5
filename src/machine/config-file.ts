import type { AgentConfig, Registration } from './agent-config.ts'

/** A just-in-time configuration as it travels: plain text, which compresses better than Base64 of Base64 does. */
interface Unfolded {
  readonly forge: 'github'
  readonly kind: 'jit'
  /** In turn: text of the outer JSON, and a file that stands there in Base64. */
  readonly pieces: readonly string[]
}

type Travelling = Omit<AgentConfig, 'registration'> & { readonly registration: Registration | Unfolded }

/** The agent's configuration as its file: JSON in ASCII. */
export function renderConfig(config: AgentConfig): string {
  const travelling: Travelling = { ...config, registration: unfold(config.registration) }
  return JSON.stringify(travelling).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

export function parseConfig(text: string): AgentConfig {
  const { registration, ...rest } = JSON.parse(text) as Travelling
  if (!('pieces' in registration)) return { ...rest, registration }
  return { ...rest, registration: { forge: 'github', kind: 'jit', config: fold(registration.pieces) } }
}

/**
 * GitHub's just-in-time configuration is Base64 of JSON, file name → Base64 of the file (actions/runner,
 * src/Runner.Listener/Runner.cs). One that would not come back byte by byte stays as it is.
 */
function unfold(registration: Registration): Registration | Unfolded {
  if (registration.kind !== 'jit') return registration
  const pieces = decode(registration.config)
    .split(/"([A-Za-z0-9+/=]{8,})"/)
    .map((piece, index) => (index % 2 ? decode(piece) : piece))
  return fold(pieces) === registration.config ? { forge: 'github', kind: 'jit', pieces } : registration
}

function fold(pieces: readonly string[]): string {
  return encode(pieces.map((piece, index) => (index % 2 ? `"${encode(piece)}"` : piece)).join(''))
}

function decode(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
