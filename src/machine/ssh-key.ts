import { createPrivateKey, type KeyObject } from 'node:crypto'

import { Failure } from '../model/failure.ts'

/** OpenSSH public line (`ssh-rsa AAAA…`) of an RSA private key in PEM. Anything else is `invalid-input`, without quoting it. */
export function sshPublicKeyOf(pem: string): string {
  const { n, e } = rsaKey(pem).export({ format: 'jwk' })
  const modulus = Buffer.from(n ?? '', 'base64url')
  // RFC 4253 6.6 and RFC 4251 5: strings with their length before them; a number whose top bit is set gets a zero byte.
  const fields = [Buffer.from('ssh-rsa'), unsigned(Buffer.from(e ?? '', 'base64url')), unsigned(modulus)]
  const blob = Buffer.concat(fields.flatMap((field) => [lengthOf(field), field]))
  return `ssh-rsa ${blob.toString('base64')} cml-runner`
}

function rsaKey(pem: string): KeyObject {
  let said: string
  try {
    const key = createPrivateKey(`${pem.trim()}\n`)
    if (key.asymmetricKeyType === 'rsa') return key
    said = `it is a key of type ${key.asymmetricKeyType}`
  } catch {
    said = 'it is not a private key in PEM format, or it has a passphrase'
  }
  throw new Failure('invalid-input', {
    tried: 'read `cloud-ssh-private`',
    said,
    fix: 'give an RSA private key in PEM format without a passphrase: `ssh-keygen -t rsa -b 4096 -m PEM -N ""` makes one, `ssh-keygen -p -m PEM -f FILE` converts one.',
  })
}

function unsigned(number: Buffer): Buffer {
  return (number[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), number]) : number
}

function lengthOf(field: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(field.length)
  return length
}
