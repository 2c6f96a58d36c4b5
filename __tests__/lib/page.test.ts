import { describe, expect, it } from '@jest/globals'
import { bars, code, fenced, folded, link, table, verdict } from '../../src/lib/page.ts'
import { renderTable } from '../../src/lib/terminal-table.ts'

describe('Markdown for a job’s page', () => {
  it('takes markup out of what others wrote', () => {
    expect(verdict('✅', 'a <b> [x](y)\n# z')).toBe('### ✅ a \\<b\\> \\[x\\](y) # z')
    expect(link('a]b', 'https://x.example/a(b)')).toBe('[a\\]b](https://x.example/a%28b%29)')
    expect(link('a', 'javascript:alert(1)')).toBe('a')
    expect(code('a ` b|c\nd')).toBe('`` a ` b\\|c d ``')
    expect(fenced('```\nx')).toBe('````text\n```\nx\n````')
  })

  it('leaves out what is empty, and cuts what nobody reads', () => {
    expect(folded('x', '')).toBe('')
    expect(table(['A'], [])).toBe('')
    const long = table(
      ['A', 'B'],
      Array.from({ length: 501 }, () => ['x', '']),
    )
    expect(long.match(/^\| x \| – \|$/gm)).toHaveLength(500)
    expect(long).toMatch(/And 1 more; the log has them all\.$/)
  })

  it('draws bars as long as things took', () => {
    const drawn = bars([
      { what: 'long', ms: 40_000 },
      { what: 'half', ms: 20_000 },
      { what: 'none', ms: 0 },
    ])
    expect([...drawn.matchAll(/█+/g)].map(([bar]) => bar.length)).toEqual([40, 20])
    expect(drawn).toContain('none    0.0 s  ▏')
  })
})

describe('a table for a terminal', () => {
  const titles = ['NAME', 'STATE', 'OWNER']

  it('keeps its columns under wide characters', () => {
    const [head = '', wide = '', plain = ''] = renderTable({
      titles,
      rows: [
        ['日本語', 'idle', 'a'],
        ['runner', 'idle', 'b'],
      ],
    }).split('\n')
    expect(head.indexOf('STATE')).toBe(plain.indexOf('idle'))
    // Three characters take six columns.
    expect(wide.indexOf('idle')).toBe(plain.indexOf('idle') - 3)
  })

  it('fits the terminal by cutting the longest texts, whole signs at a time', () => {
    const rows = [['a-very-long-name-of-a-runner', 'idle', '👩🏽‍💻'.repeat(20)]]
    for (const width of [40, 60]) {
      const text = renderTable({ titles, rows }, width)
      expect(text).toMatch(/^a-very\S*…/m)
      expect(text).toMatch(/(👩🏽‍💻)+…$/)
    }
    expect(renderTable({ titles, rows: [['a', 'b', '']] }, 5)).toBe('NAME  STATE  OWNER\na     b      -')
  })
})
