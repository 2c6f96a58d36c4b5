import type { Value } from './tree.ts'

/**
 * EC2's XML as nested values: an element that holds nothing but `item` is a list, one with other elements an object, else a text. Attributes, and the
 * root's name, are left out.
 */
export function readXml(xml: string): Value {
  const reader = new Reader(xml.replace(/^\s*<\?.*?\?>/s, ''))
  const root = reader.element()
  if (!root) throw new SyntaxError('this is no XML')
  return root.value
}

class Reader {
  readonly #xml: string
  #at = 0

  constructor(xml: string) {
    this.#xml = xml
  }

  /** The element that begins here, blanks apart; undefined where none does. */
  element(): { readonly name: string; readonly value: Value } | undefined {
    const start = /\s*<([A-Za-z][\w.-]*)(?:\s[^>]*?)?(\/?)>/y
    start.lastIndex = this.#at
    const [whole, name = '', closed] = start.exec(this.#xml) ?? []
    if (whole === undefined) return undefined
    this.#at = start.lastIndex
    return { name, value: closed ? '' : this.#contents(name) }
  }

  #contents(name: string): Value {
    const children: { readonly name: string; readonly value: Value }[] = []
    for (let child; (child = this.element());) children.push(child)
    const end = this.#xml.indexOf(`</${name}>`, this.#at)
    if (end < 0) throw new SyntaxError(`<${name}> has no end`)
    const text = this.#xml.slice(this.#at, end)
    this.#at = end + name.length + 3
    if (children.length === 0) return unescape(text)
    if (text.trim() !== '') throw new SyntaxError(`<${name}> holds text and elements: ${text.trim()}`)
    if (children.every((child) => child.name === 'item')) return children.map(({ value }) => value)
    return Object.fromEntries(children.map(({ name: key, value }) => [key, value]))
  }
}

const names: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescape(text: string): string {
  return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
    code === undefined ? (names[name ?? ''] ?? whole) : String.fromCodePoint(Number(code)),
  )
}
