import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { generate } from 'selfsigned'

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** The certificate as a file, for other processes. */
  readonly path: string
}

/** Whoever goes through a proxy to an address without a name looks for the second (https-proxy-agent). */
const names = [{ type: 7, ip: '127.0.0.1' } as const, { type: 2, value: 'localhost' } as const]

let made: Promise<Certificate> | undefined

/**
 * Microsoft's client gives its token to nobody without encryption. One certificate for all emulators of a process, which that process trusts from now on; others are told by
 * the variables of `trusting`.
 */
export function certificate(): Promise<Certificate> {
  return (made ??= make())
}

async function make(): Promise<Certificate> {
  // Of two authorities with one name only the first would be tried, and a worker of the tests trusts one for each of its files.
  const { private: key, cert } = await generate([{ name: 'commonName', value: randomUUID() }], {
    keySize: 2048,
    algorithm: 'sha256',
    notAfterDate: new Date('2100-01-01'),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: names },
    ],
  })
  const path = join(mkdtempSync(join(tmpdir(), 'azure-certificate-')), 'ca.pem')
  process.on('exit', () => rmSync(dirname(path), { recursive: true, force: true }))
  writeFileSync(path, cert)
  setDefaultCACertificates([...getCACertificates('default'), cert])
  return { key, cert, path }
}

/** Variables by which another process of Node trusts it as it would trust what its system does. */
export function trusting({ path }: Pick<Certificate, 'path'>): Readonly<Record<string, string>> {
  return { NODE_USE_SYSTEM_CA: '1', SSL_CERT_FILE: path }
}
