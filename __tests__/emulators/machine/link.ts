import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { Metadata } from '../machine-port.ts'
import type { Reply } from './systemd.ts'

/** What a machine reaches beside the network: its metadata service, and the emulator behind its stand-ins. */
export class Link {
  readonly #server = createServer((request, response) => this.#serve(request, response))
  readonly #metadata: Metadata
  readonly #answer: (words: readonly string[]) => Promise<Reply>
  #base = ''
  #boots = 0

  constructor(metadata: Metadata, answer: (words: readonly string[]) => Promise<Reply>) {
    this.#metadata = metadata
    this.#answer = answer
  }

  /** Its address, once it listens. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.#base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this.#base
  }

  /**
   * Where the stand-ins of one boot ask. What a process asked before the power was cut may arrive after it: it comes to an
   * address that nobody answers any more.
   */
  nextBoot(): string {
    return this.#base + standInPath(++this.#boots)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (!request.url?.startsWith('/stand-in/')) return this.#metadata.answer(request, response)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.url !== standInPath(this.#boots)) return void response.destroy()
      const asked = Buffer.concat(chunks).toString('utf8')
      // The shell in front of the pipe was killed before it had said what it wants: nobody asks any more.
      if (!asked.endsWith('\0')) return void response.destroy()
      const words = asked.split('\0').slice(0, -1)
      void this.#answer(words).then(({ code, text }) => response.end(text ? `${code}\n${text}` : `${code}`))
    })
  }
}

const standInPath = (boot: number): string => `/stand-in/${boot}`
