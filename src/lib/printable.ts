// Text of machines, servers and users goes through here before anybody sees it: it must not steer a terminal, forge a line of a log, or turn
// the direction of writing.

/** Whole sequences of a terminal (ECMA-48), so that nothing of a colour is left in the text. */
const sequences = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/g

/** Controls of both sets (C0, C1), what other readers take for a line break, and overrides of the direction. */
const steering = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const runs = new RegExp(`${steering.source}+`, 'gu')

/** The same text without what steers; line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(sequences, '').replace(steering, (sign) => (sign === '\n' || sign === '\t' ? sign : ''))
}

/** The same as one line: what steers is a blank, several in a row one. */
export function onOneLine(text: string): string {
  return text.replace(sequences, '').replace(runs, ' ').trimEnd()
}
