/** User text and vendor text in a table cell: no line ends, no cell ends, no markup. */
export function cell(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\|<>`*_[\]]/g, (character) => `\\${character}`)
}
