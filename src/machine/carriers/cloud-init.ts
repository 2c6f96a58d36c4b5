import { gzipSync } from 'node:zlib'

import type { Delivery, SentFile } from '../delivery.ts'
import { isPlain, renderMime } from './mime.ts'

/** One entry of cloud-init's `write_files`. Owner is root. */
interface WrittenFile {
  readonly path: string
  readonly permissions: string
  readonly content: string
  readonly encoding?: 'b64'
}

/** Name of the part that arms the fuses. */
const boothook = 'fuses.sh'

/** Where cloud-init puts that part before it executes it (cloudinit/handlers/boot_hook.py), or does not: see the part itself. */
const boothookPath = `/var/lib/cloud/instance/boothooks/${boothook}`

/**
 * User data: gzip of MIME multipart, as cloud-init takes it (cloudinit.readthedocs.io, "User-data formats"). A boothook runs before any file is
 * written; what it starts waits for cloud-init by itself.
 */
export function carryByCloudInit({ files, fuses, start, keys, authorities }: Delivery): Buffer {
  const document = {
    bootcmd: [['sh', boothookPath]],
    ...(keys.length > 0 ? { ssh_authorized_keys: keys } : {}),
    ...(authorities.length > 0 ? { ca_certs: { trusted: authorities } } : {}),
    write_files: files.map(writtenFile),
  }
  const mime = renderMime([
    { type: 'text/cloud-boothook', filename: boothook, text: fuses + start },
    // JSON is YAML. User text stands in files only, never in a command.
    { type: 'text/cloud-config', text: `#cloud-config\n${JSON.stringify(document)}\n` },
  ])
  // Its program begins with a word or two of code.
  const agent = mime.lastIndexOf(files.at(-1)?.path ?? '')
  return compressed(mime, agent + Math.max(0, mime.slice(agent).search(/[\w+/]{1000}/)))
}

function writtenFile({ path, permissions, content }: SentFile): WrittenFile {
  const plain = content.toString('latin1')
  return isPlain(plain)
    ? { path, permissions, content: plain }
    : { path, permissions, encoding: 'b64', content: content.toString('base64') }
}

/**
 * Two members of one gzip file (RFC 1952, 2.2; Python's gzip, with which cloud-init unpacks, reads any number): the agent, which
 * looks like random letters, would spoil the statistics by which the text before it is compressed.
 */
function compressed(text: string, at: number): Buffer {
  const members = [text.slice(0, at), text.slice(at)]
  return Buffer.concat(members.map((member) => gzipSync(member, { level: 9, memLevel: 9 })))
}
