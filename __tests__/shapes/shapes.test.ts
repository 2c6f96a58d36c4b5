import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Conformity } from './conformity.ts'
import { dialects, type Vendor } from './operations.ts'
import { folder, readRecordings } from './recordings.ts'
import { operationOf, readShapes, shapeFileOf, shapesFolder, type ShapeFile } from './shape.ts'
import { leaves, merge, treeOf, type Tree, type Value } from './tree.ts'
import { readXml } from './xml.ts'
import { withRecordings } from './with-recordings.ts'

const vendors = Object.keys(dialects) as Vendor[]
const noMaps = (): boolean => false

describe('the shape of a body', () => {
  test.each<[string, Value, Tree]>([
    [
      'names kinds and no values',
      { a: 'x', b: 1, c: true, d: null },
      { a: 'text', b: 'number', c: 'boolean', d: 'null' },
    ],
    ['tells texts of narrow kinds', ['12', '2026-01-01T00:00:00Z'], ['text']],
    [
      'tells times',
      { a: '2026-01-01T00:00:00Z', b: '2025-02-17T21:11:49.260-08:00' },
      { a: 'time', b: 'local time' },
    ],
    ['tells numbers that come as texts', { id: '12' }, { id: 'digits' }],
    [
      'marks keys that are absent now and then',
      [{ a: 1, b: 1 }, { a: 1 }],
      [{ a: 'number', 'b?': 'number' }],
    ],
    ['marks what is null now and then', [{ a: null }, { a: 'x' }], [{ a: ['either', 'null', 'text'] }]],
    ['joins lists', [{ a: [] }, { a: [1] }], [{ a: ['number'] }]],
    ['sorts keys', { b: 1, a: 1 }, { a: 'number', b: 'number' }],
  ])('%s', (_, value, tree) => {
    const shape = treeOf(value, noMaps)
    expect(shape).toEqual(tree)
    expect(JSON.stringify(shape)).toBe(JSON.stringify(tree))
  })

  test('has no key that is data', () => {
    const value = { tags: { secret: 'x', other: 'y' }, a: [{ tags: {} }] }
    expect(treeOf(value, dialects.azure.isMap)).toEqual({ a: [{ tags: {} }], tags: { '*?': 'text' } })
    const list = { items: { 'zones/a': { instances: [] }, 'zones/b': { warning: 'x' } } }
    expect(treeOf(list, dialects.gcp.isMap)).toEqual({
      items: { '*?': { 'instances?': [], 'warning?': 'text' } },
    })
  })

  test('joined with another holds what both hold, whichever comes first', () => {
    const [a, b] = [
      { x: 1, y: 'text' },
      { x: 'x', z: true },
    ].map((value) => treeOf(value, noMaps)) as [Tree, Tree]
    expect(merge(a, b)).toEqual({ x: ['either', 'number', 'text'], 'y?': 'text', 'z?': 'boolean' })
    expect(merge(b, a)).toEqual(merge(a, b))
    expect(merge(merge(a, b), a)).toEqual(merge(a, b))
  })
})

test('XML is read as lists, objects and texts', () => {
  const xml = `<?xml version="1.0"?>\n<R xmlns="x"><a/><b><item><c>1 &amp; &#39;2&#39;</c></item><item/></b><d><e>true</e></d></R>`
  expect(readXml(xml)).toEqual({ a: '', b: [{ c: "1 & '2'" }, ''], d: { e: 'true' } })
  expect(() => readXml('<R><a></R>')).toThrow(/<a> has no end/)
  expect(() => readXml('no')).toThrow(SyntaxError)
})

test.each<[Vendor, string, string, string]>([
  ['github', 'GET', '/repos/o/r/actions/runs/12/jobs?page=2', 'GET /repos/*/*/actions/runs/*/jobs'],
  [
    'github',
    'POST',
    '/orgs/runners/actions/runners/generate-jitconfig',
    'POST /orgs/*/actions/runners/generate-jitconfig',
  ],
  [
    'azure',
    'GET',
    '/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/v?$expand=instanceView&api-version=1',
    'GET /subscriptions/*/resourceGroups/*/providers/Microsoft.Compute/virtualMachines/*?$expand=instanceView',
  ],
  [
    'gcp',
    'POST',
    '/compute/v1/projects/p/zones/z/instances/i/stop',
    'POST /compute/*/projects/*/zones/*/instances/*/stop',
  ],
  [
    'gcp',
    'GET',
    '/compute/v1/projects/p/aggregated/instances',
    'GET /compute/*/projects/*/aggregated/instances',
  ],
  [
    'gcp',
    'GET',
    '/compute/v1/projects/p/global/images/family/f',
    'GET /compute/*/projects/*/global/images/family/*',
  ],
])('an operation of %s has no names of people’s making: %s %s', (vendor, method, path, operation) => {
  expect(operationOf(vendor, { method, path, requestBody: undefined })).toBe(operation)
})

describe('an emulator’s answer', () => {
  const recorded = {
    method: 'POST',
    path: '/orgs/o/actions/runners/remove-token',
    status: 201,
    headers: Object.fromEntries(
      readShapes('github')
        .get('org-remove-token-201')!
        .answers![0]!.headers.map((name) => [name, 'x']),
    ),
  }
  const type = 'application/json; charset=utf-8'
  const whole = { token: 'x', expires_at: '2025-02-17T21:12:28.308-08:00' }
  const problems = (
    change: object,
    body: unknown = whole,
    exceptions: ConstructorParameters<typeof Conformity>[1] = [],
  ) => {
    const headers = { ...recorded.headers, 'content-type': type }
    return new Conformity('github', exceptions).problems({
      ...recorded,
      headers,
      body: body === null ? undefined : JSON.stringify(body),
      ...change,
    })
  }
  const operation = 'POST /orgs/*/actions/runners/remove-token'

  test('as it was recorded is right', () => {
    expect(problems({})).toEqual([])
  })

  test.each<[string, object, unknown, string]>([
    ['another status', { status: 200 }, whole, '200, status 200 was never recorded: it was 201'],
    [
      'another content type',
      { headers: { ...recorded.headers, 'content-type': 'text/html' } },
      whole,
      `201, header content-type is text/html, not ${type}`,
    ],
    [
      'a header more',
      { headers: { ...recorded.headers, 'content-type': type, 'x-new': '1' } },
      whole,
      '201, header x-new is invented',
    ],
    [
      'a header less',
      { headers: { ...recorded.headers, etag: undefined, 'content-type': type } },
      whole,
      '201, header etag is missing',
    ],
    ['no body', {}, null, '201, body is missing'],
    ['a body that is cut', { body: '{"token"' }, whole, '201, body cannot be read: SyntaxError'],
    ['a key more', {}, { ...whole, id: 1 }, '201, id is invented'],
    ['a key less', {}, { token: 'x' }, '201, expires_at is missing'],
    ['another kind of value', {}, { ...whole, token: 1 }, '201, token is number, not text'],
    [
      'another kind of time',
      {},
      { ...whole, expires_at: '2025-02-17T21:12:28Z' },
      '201, expires_at is time, not local time',
    ],
    ['an object for a value', {}, { ...whole, token: {} }, '201, token is an object, not text'],
  ])('with %s is told', (_, change, body, told) => {
    expect(problems(change, body)).toEqual([expect.stringContaining(`${operation} ${told}`)])
  })

  test('may differ where it is said why, and an exception that nothing needs is told', () => {
    const exceptions = [
      { at: /^id$/, why: 'x' },
      { operation: /^GET /, at: /^id$/, why: 'x' },
      { at: /^nothing$/, why: 'x' },
    ]
    expect(problems({}, { ...whole, id: 1 }, exceptions)).toEqual([])
    expect(problems({}, { ...whole, id: 1 }, exceptions.slice(1))).toHaveLength(1)
    const conformity = new Conformity('github', exceptions)
    conformity.problems({
      ...recorded,
      headers: { ...recorded.headers, 'content-type': type },
      body: JSON.stringify({ ...whole, id: 1 }),
    })
    expect(conformity.idle).toEqual(['/^id$/', '/^nothing$/'])
    expect(conformity.judged).toEqual([`${operation} 201`])
  })

  test('to an operation that was never recorded is nobody’s business, and a refusal must look like another', () => {
    const path = '/orgs/o/never/recorded'
    expect(problems({ path, body: '{"a":1}' })).toEqual([])
    const headers = { etag: 'x', 'content-type': type }
    expect(problems({ path, headers, status: 409 }, { message: 'x' })).toEqual([])
    expect(problems({ path, headers, status: 409 }, { error: 'x' })).toEqual([
      'POST /orgs/*/never/recorded 409, error is invented',
      'POST /orgs/*/never/recorded 409, message is missing',
    ])
  })
})

/** Every key and every text of a tree. */
function wordsOf(tree: Tree): readonly { readonly key?: string; readonly leaf?: string }[] {
  if (typeof tree === 'string') return [{ leaf: tree }]
  if (Array.isArray(tree)) return (tree as readonly Tree[]).flatMap(wordsOf)
  return Object.entries(tree).flatMap(([key, child]) => [{ key }, ...wordsOf(child)])
}

const treesOf = ({ answers = [], quotes = [] }: ShapeFile): readonly Tree[] => [
  ...answers.flatMap(({ body }) => (body === null ? [] : [body])),
  ...quotes,
]

describe.each(vendors)('what is kept of %s', (vendor) => {
  const files = [...readShapes(vendor)]

  test('holds keys and kinds alone, and says where it comes from', () => {
    expect(files.length).toBeGreaterThan(10)
    for (const [name, file] of files) {
      const { recorded, source, licence: _, answers = [], quotes: __, ...others } = file
      expect([name, others, typeof recorded]).toEqual([name, {}, 'boolean'])
      const allowed = ['commit', 'files', 'interactions', 'more', 'pasted', 'path', 'repository', 'upstream']
      expect(Object.keys(source).filter((key) => !allowed.includes(key))).toEqual([])
      for (const { key, leaf } of treesOf(file).flatMap(wordsOf)) {
        if (key !== undefined)
          expect(key).toMatch(/^(?:[$@]?[A-Za-z][A-Za-z]*(?:[_0-9][A-Za-z0-9]*)*\??|\*\?)$/)
        if (leaf !== undefined) expect(leaf === 'either' || leaves.has(leaf)).toBe(true)
      }
      for (const { operation, type, headers } of answers) {
        expect(operation).toMatch(
          /^[A-Z][A-Za-z]+$|^[A-Z]+ (?:(?:\/(?:[A-Za-z_.-]+|\*))+(?:\?\$expand=[A-Za-z]+)?|\(path not recorded\))$/,
        )
        expect(type ?? 'none').toMatch(/^none$|^(?:application\/json|text\/xml); ?charset=utf-8$/i)
        for (const header of headers) expect(header).toMatch(/^[a-z-]+\??$/)
      }
    }
  })
})

withRecordings('what is kept, against the recordings', () => {
  test.each(vendors)('of %s is what they give', (vendor) => {
    const given = readRecordings(folder, vendor)
    expect(readdirSync(join(shapesFolder, vendor)).sort()).toEqual(
      given.map(({ name }) => `${name}.json`).sort(),
    )
    for (const recording of given) {
      const kept: unknown = JSON.parse(
        readFileSync(join(shapesFolder, vendor, `${recording.name}.json`), 'utf8'),
      )
      // As text: the order counts.
      expect(JSON.stringify(kept)).toBe(JSON.stringify(shapeFileOf(recording)))
    }
  })

  /** Parts of a path that the vendor has named, and that it says as values too. */
  const wordsOfTheApi: Readonly<Record<Vendor, readonly string[]>> = {
    azure: ['Microsoft.Compute', 'Microsoft.DevTestLab', 'virtualMachines'],
    ec2: [],
    gcp: ['detachDisk', 'global', 'resume', 'setLabels', 'setMetadata', 'start', 'stop', 'suspend'],
    github: [],
  }

  /** Every value that somebody could have, and every key beside. */
  function collect(value: unknown, values: Set<string>, keys: Set<string>): void {
    if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        if (!Array.isArray(value)) keys.add(key)
        collect(child, values, keys)
      }
    } else if (value !== null && value !== undefined) values.add(JSON.stringify(value).replace(/^"|"$/g, ''))
  }

  test.each(vendors)('of %s has no value of theirs', (vendor) => {
    const values = new Set<string>()
    const keys = new Set<string>()
    for (const { exchanges, quotes } of readRecordings(folder, vendor)) {
      for (const { body, requestBody, headers } of exchanges) {
        if (body !== undefined)
          collect('xml' in dialects[vendor] ? readXml(body) : JSON.parse(body), values, keys)
        collect(requestBody, values, new Set())
        for (const [name, value] of Object.entries(headers)) if (name !== 'content-type') values.add(value)
      }
      for (const quote of quotes) collect(quote, values, keys)
    }
    const kept = [...readShapes(vendor).values()].flatMap((file) => [
      ...treesOf(file)
        .flatMap(wordsOf)
        .map(({ key = '', leaf }) => leaf ?? key.replace(/\?$/, '')),
      ...(file.answers ?? []).flatMap(({ operation, headers }) => [...operation.split(/[ /?]/), ...headers]),
    ])
    const both = new Set(
      kept.filter(
        (word) => values.has(word) && !keys.has(word) && !leaves.has(word) && !['', '*'].includes(word),
      ),
    )
    expect([...both].sort()).toEqual(wordsOfTheApi[vendor])
  })
})
