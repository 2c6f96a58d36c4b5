/** What expressions may name: `secrets`, `steps.ID.outputs`, `github.event`, … A function is no value of theirs. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value }

export type Contexts = Readonly<Record<string, Value>>

/**
 * A text of a workflow with `${{ … }}` in it, as GitHub evaluates it: one that is nothing but an expression keeps its kind. Throws on what it does not know, and on
 * names that are not there, which GitHub takes for empty: save below `github.event`, whose members come and go.
 */
export function evaluate(text: string, contexts: Contexts): Value {
  const whole = /^\s*\$\{\{([^]*?)\}\}\s*$/.exec(text)?.[1]
  if (whole !== undefined && !whole.includes('${{')) return valueOf(whole, contexts)
  return text.replace(/\$\{\{([^]*?)\}\}/g, (_, expression: string) => textOf(valueOf(expression, contexts)))
}

/** An `if:`, which may do without `${{ }}`. */
export function holds(condition: string | boolean | undefined, contexts: Contexts): boolean {
  if (condition === undefined || typeof condition === 'boolean') return condition ?? true
  return isTrue(condition.includes('${{') ? evaluate(condition, contexts) : valueOf(condition, contexts))
}

export function textOf(value: Value): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const isTrue = (value: Value): boolean => value !== null && value !== false && value !== 0 && value !== ''

const token = /\s*(?:('(?:[^']|'')*')|(\d+(?:\.\d+)?)|(==|!=|&&|\|\||[!().,])|([A-Za-z_][\w-]*))/y

function tokensOf(expression: string): string[] {
  const tokens: string[] = []
  token.lastIndex = 0
  const text = expression.trimEnd()
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (!found) throw new Error(`this runner does not know the expression ${expression}`)
    tokens.push(found[0].trim())
  }
  return tokens
}

function valueOf(expression: string, contexts: Contexts): Value {
  const tokens = tokensOf(expression)
  const reader = new Reader(tokens, contexts, expression)
  const value = reader.either()
  if (tokens.length > 0) throw new Error(`this runner does not know the end of ${expression}`)
  return value
}

/** Smallest first: `||`, `&&`, `==`, `!`, and what stands alone. */
class Reader {
  readonly #tokens: string[]
  readonly #contexts: Contexts
  readonly #expression: string

  constructor(tokens: string[], contexts: Contexts, expression: string) {
    this.#tokens = tokens
    this.#contexts = contexts
    this.#expression = expression
  }

  either(): Value {
    let value = this.#both()
    while (this.#take('||')) {
      const other = this.#both()
      value = isTrue(value) ? value : other
    }
    return value
  }

  #both(): Value {
    let value = this.#same()
    while (this.#take('&&')) {
      const other = this.#same()
      value = isTrue(value) ? other : value
    }
    return value
  }

  #same(): Value {
    const value = this.#alone()
    // Texts are compared whatever their case.
    const alike = (other: Value): boolean => textOf(value).toLowerCase() === textOf(other).toLowerCase()
    if (this.#take('==')) return alike(this.#alone())
    if (this.#take('!=')) return !alike(this.#alone())
    return value
  }

  #alone(): Value {
    if (this.#take('!')) return !isTrue(this.#alone())
    if (this.#take('(')) return this.#closed(this.either())
    const word = this.#tokens.shift() ?? ''
    if (word.startsWith("'")) return word.slice(1, -1).replaceAll("''", "'")
    if (/^\d/.test(word)) return Number(word)
    if (word === 'true' || word === 'false') return word === 'true'
    if (this.#take('(')) return this.#call(word)
    return this.#member(word)
  }

  #call(name: string): Value {
    if (name === 'always' || name === 'success') return this.#closed(true)
    if (name !== 'fromJSON') throw new Error(`this runner does not know the function ${name}`)
    return JSON.parse(textOf(this.#closed(this.either()))) as Value
  }

  #member(first: string): Value {
    const path = [first]
    while (this.#take('.')) path.push(this.#tokens.shift() ?? '')
    let found: Value | undefined = this.#contexts
    for (const name of path)
      found =
        typeof found === 'object' && found !== null
          ? (found as Readonly<Record<string, Value>>)[name]
          : undefined
    if (found !== undefined) return found
    if (path.slice(0, 2).join('.') === 'github.event') return null
    throw new Error(`nothing is called ${path.join('.')} in ${this.#expression}`)
  }

  #closed(value: Value): Value {
    if (!this.#take(')')) throw new Error(`this runner misses a bracket in ${this.#expression}`)
    return value
  }

  #take(word: string): boolean {
    if (this.#tokens[0] !== word) return false
    this.#tokens.shift()
    return true
  }
}
