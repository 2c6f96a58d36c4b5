import { StringDecoder } from 'node:string_decoder'

/** A line is no longer than this; the rest of a longer one is dropped. */
const longest = 16_384

/**
 * Lines out of chunks of bytes that may end anywhere: in mid-line, in mid-character, or after several lines. Call `push` for
 * each chunk and `end` once, for a last line without its newline.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #take: (line: string) => void
  #rest = ''

  constructor(take: (line: string) => void) {
    this.#take = take
  }

  push(chunk: Buffer): void {
    this.#split(this.#decoder.write(chunk))
  }

  end(): void {
    this.#split(this.#decoder.end())
    if (this.#rest) this.#take(this.#rest)
    this.#rest = ''
  }

  #split(text: string): void {
    const pieces = text.split('\n')
    const last = pieces.pop() ?? ''
    for (const piece of pieces) {
      this.#take((this.#rest + piece).slice(0, longest).replace(/\r$/, ''))
      this.#rest = ''
    }
    this.#rest = (this.#rest + last).slice(0, longest)
  }
}
