import { X509Certificate } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import { Failure } from '../model/failure.ts'

/** The certificates in a text, as they stand there. */
export function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
}

/** Each certificate alone and in canonical form; text between certificates (bundles carry names there) is dropped. Throws `invalid-input` when one is none. */
export function parseCertificates(text: string): string[] {
  const blocks = certificatesIn(text)
  try {
    if (text.trim() && blocks.length === 0) throw new Error('no certificate')
    return blocks.map((block) => new X509Certificate(block).toString())
  } catch (cause) {
    const explanation = {
      tried: 'pass the extra certificate authorities on to the machine',
      said: 'the file named by NODE_EXTRA_CA_CERTS holds no certificate in PEM format, or a damaged one',
      fix: 'correct that file, or unset the variable in the job.',
    }
    throw new Failure('invalid-input', explanation, { cause })
  }
}

/** Those that are none of the public authorities, each once. Public are those that Node knows (Mozilla's list of its day) and the given ones. */
export function unusual(certificates: readonly string[], publicOnes: readonly string[] = []): string[] {
  const bare = (certificate: string) => certificate.replace(/\s+/g, '')
  const known = new Set([...rootCertificates, ...publicOnes].map(bare))
  return [...new Set(certificates)].filter((certificate) => !known.has(bare(certificate)))
}

/** What people call an authority by. */
export function authorityName(certificate: string): string {
  const { subject, fingerprint256 } = new X509Certificate(certificate)
  return /^CN=(.+)$/m.exec(subject)?.[1] ?? /^O=(.+)$/m.exec(subject)?.[1] ?? fingerprint256
}
