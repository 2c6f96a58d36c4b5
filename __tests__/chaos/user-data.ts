import * as machinePaths from '../../src/machine/paths.ts'
import { decodeUserData } from '../emulators/machine/user-data.ts'
import type { Piece } from './secrets.ts'

/** What clouds send for cloud-init: as sent, and each part as the machine gets it. */
export function userDataPieces(bytes: Buffer): readonly Piece[] {
  const { boothooks, files, authorizedKeys, trustedCertificates } = decodeUserData(bytes)
  const texts = boothooks.map(({ text }) => text)
  return [
    { place: 'user data', text: bytes.toString('latin1') },
    { place: 'user data', text: [...texts, ...authorizedKeys, ...trustedCertificates].join('\n') },
    ...files.map((file): Piece => ({
      place: file.path === machinePaths.config ? 'user data: agent configuration' : 'user data',
      text: file.bytes.toString('utf8'),
    })),
  ]
}
