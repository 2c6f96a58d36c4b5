/** Texts that must not be shown. Multi-line ones count line by line, since logs are lines. */
export class Masks {
  readonly #texts = new Set<string>()

  /** Returns what is new, for hosts that must tell somebody. */
  add(secret: string): readonly string[] {
    const lines = secret.split(/[\r\n]+/).map((line) => line.trim())
    // A line of a few characters (the padding of a key) hides nothing and would blank half of the log.
    const fresh = lines.filter((line) => line.length >= 4 && !this.#texts.has(line))
    fresh.forEach((line) => this.#texts.add(line))
    return fresh
  }

  /** Does the text hold a masked one? */
  hit(text: string): boolean {
    return [...this.#texts].some((masked) => text.includes(masked))
  }

  /** Longest first, so that a secret inside another one leaves no rest. */
  apply(text: string): string {
    const longestFirst = [...this.#texts].sort((a, b) => b.length - a.length)
    return longestFirst.reduce((shown, masked) => shown.replaceAll(masked, '***'), text)
  }
}
