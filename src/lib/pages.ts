import { Unreadable } from './answers.ts'

/** More than any list that is read here has: 20,000 entries at 100 a page. */
const mostPages = 200

/** Holds a list that comes in pages to its end: a server may go on for ever, or give one page again and again. */
export class Pages {
  readonly #seen = new Set<string>()

  /** Throws Unreadable for a page beyond the last one that makes sense, and for one that holds nothing new. An empty page is the end. */
  admit(page: number, ids: readonly string[]): void {
    if (page > mostPages) throw new Unreadable(`a list that does not end within ${mostPages} pages`, false)
    if (ids.length > 0 && ids.every((id) => this.#seen.has(id)))
      throw new Unreadable(
        `a list whose page ${page} holds nothing that was not on the pages before it`,
        false,
      )
    for (const id of ids) this.#seen.add(id)
  }
}
