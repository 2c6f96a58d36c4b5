import { generateKeyPairSync } from 'node:crypto'

/** The public half of a key whose other half is kept nowhere, as OpenSSH writes it (RFC 8709, 4). Azure takes this kind and RSA, which takes a second to make. */
export function nobodysKey(): string {
  const { publicKey } = generateKeyPairSync('ed25519')
  const { x = '' } = publicKey.export({ format: 'jwk' })
  const blob = Buffer.concat(
    [Buffer.from('ssh-ed25519'), Buffer.from(x, 'base64url')].flatMap((part) => [lengthOf(part), part]),
  )
  return `ssh-ed25519 ${blob.toString('base64')} nobody`
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(part.length)
  return length
}
