import { describe, expect, test } from '@jest/globals'
import { onOneLine, printable } from '../../src/lib/printable.ts'

describe('text of others', () => {
  test.each([
    ['a colour', '\u001b[31;1mred\u001b[0m', 'red'],
    ['a colour by its one-byte form', '\u009b31mred', 'red'],
    ['a title of the window', '\u001b]0;title\u0007text', ']0;titletext'],
    ['a next line of the second set', 'a\u0085b', 'ab'],
    ['a line break that only some know', 'a\u2028b\u2029c', 'abc'],
    ['a turned direction', 'a\u202egpj.exe\u2066', 'agpj.exe'],
    ['lines and columns', 'a\n\tb', 'a\n\tb'],
    ['people’s letters', 'für 👩‍💻 שלום', 'für 👩‍💻 שלום'],
  ])('with %s steers nothing', (_what, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  test('as one line has a blank where it was broken', () => {
    expect(onOneLine('10 %\r\n20 %\u0085\u001b[2K30 %\r')).toBe('10 % 20 % 30 %')
  })
})
