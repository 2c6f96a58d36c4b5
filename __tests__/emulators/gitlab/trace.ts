import { crc32, gunzipSync } from 'node:zlib'
import type { Artifact } from './jobs.ts'

/** A job's log as bytes, since ranges and checksums count those. */
export class Trace {
  #bytes = Buffer.alloc(0)

  get size(): number {
    return this.#bytes.length
  }

  get text(): string {
    return this.#bytes.toString('utf8')
  }

  /** As gitlab-runner sends it: `crc32:` and eight hexadecimal digits. */
  get checksum(): string {
    return `crc32:${crc32(this.#bytes).toString(16).padStart(8, '0')}`
  }

  /** True when the piece fits: what starts beyond the end does not; what was sent before is written over. */
  append(start: number, piece: Buffer): boolean {
    if (start > this.size) return false
    this.#bytes = Buffer.concat([this.#bytes.subarray(0, start), piece])
    return true
  }

  /** Everything from here on is forgotten. */
  forget(): void {
    this.#bytes = Buffer.alloc(0)
  }

  /** The last dotenv report's lines. */
  variablesOf(artifacts: readonly Artifact[]): Readonly<Record<string, string>> {
    const report = artifacts.findLast(({ type }) => type === 'dotenv')
    if (!report) return {}
    const text = (report.format === 'gzip' ? gunzipSync(report.bytes) : report.bytes).toString('utf8')
    const lines = text.split('\n').filter((line) => line.includes('='))
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  }
}
