import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { atCalls } from './faults.ts'
import { HttpEmulator } from './emulator.ts'
import { longestBody } from './server.ts'
import type { Answer, Fault, JournalEntry, Request } from './wire.ts'
import { EmulatedWorld } from './world.ts'

class Shelf extends EmulatedWorld {
  readonly boxes: string[] = []
  left = Infinity
}

/** The smallest cloud: `POST /boxes` makes one, `GET /boxes` lists them. */
class Store extends HttpEmulator<Shelf, JournalEntry> {
  readonly variables = {}
  readonly shelf = this.world

  protected read(request: Request): JournalEntry {
    return this.entryOf(request)
  }

  protected override guard(): Answer | undefined {
    return this.world.left-- > 0 ? undefined : this.failure('throttle')
  }

  protected answer(_entry: JournalEntry, { method, path, body }: Request): Answer {
    const { boxes } = this.world
    if (path === '/broken') throw new Error('a mistake in here')
    if (path !== '/boxes') {
      this.refuse(`${method} ${path}`, 'no such operation')
      return { status: 404, body: { message: 'Not Found' } }
    }
    if (method === 'POST') boxes.push(String((body as { name: string }).name))
    return { status: method === 'POST' ? 201 : 200, body: boxes }
  }

  protected failure(kind: '5xx' | 'throttle'): Answer {
    return kind === '5xx' ? { status: 503, body: 'away' } : { status: 429, headers: { 'retry-after': '7' } }
  }

  protected override dress(_entry: JournalEntry, _request: Request, answer: Answer): Answer {
    return { ...answer, headers: { ...answer.headers, 'x-request-id': 'r1' } }
  }
}

let store: Store
let now = 0

beforeEach(async () => {
  store = new Store(new Shelf(() => now), {})
  await store.listen()
})
afterEach(() => store.close())

const make = (name = 'a', signal?: AbortSignal): Promise<Response> =>
  fetch(`${store.url}/boxes`, {
    method: 'POST',
    body: JSON.stringify({ name }),
    ...(signal ? { signal } : {}),
  })

/** The status, or that there was none. */
const heard = (answer: Promise<Response>): Promise<number | string> =>
  answer.then(
    ({ status }) => status,
    () => 'nothing',
  )

test('a request is answered in the vendor’s dress, and written down with its time by the emulator’s clock', async () => {
  now = 5000
  store.advance(2000)
  const response = await make()
  expect([response.status, response.headers.get('x-request-id'), await response.json()]).toEqual([
    201,
    'r1',
    ['a'],
  ])
  expect(store.journal).toMatchObject([{ at: 7000, method: 'POST', path: '/boxes', status: 201 }])
})

describe('a fault', () => {
  test.each<readonly [Fault, number | string, string[], number]>([
    ['reset-before', 'nothing', [], 0],
    ['reset-after', 'nothing', ['a'], 0],
    ['5xx', 503, [], 503],
    ['throttle', 429, [], 429],
    ['malformed', 201, ['a'], 201],
    [{ status: 418 }, 418, [], 418],
  ])('%j is heard as %s and leaves %j', async (fault, told, left, status) => {
    store.fault = () => fault
    expect(await heard(make())).toBe(told)
    expect(store.shelf.boxes).toEqual(left)
    expect(store.journal).toMatchObject([{ fault, status }])
  })

  test.each<readonly [Fault, string[]]>([
    ['silent', []],
    ['unheard', ['a']],
  ])('%s is never heard of and leaves %j', async (fault, left) => {
    store.fault = () => fault
    const gone = new AbortController()
    const hanging = heard(make('a', gone.signal))
    await store.until(() => store.journal[0]?.fault)
    store.fault = undefined
    // Whatever was to be done of the first was done before the second is.
    expect(await heard(make('b'))).toBe(201)
    expect(store.shelf.boxes).toEqual([...left, 'b'])
    gone.abort()
    expect(await hanging).toBe('nothing')
  })

  test('strikes the calls that it is meant for', async () => {
    store.fault = atCalls<JournalEntry>('5xx', { of: ({ method }) => method === 'POST', from: 2, times: 2 })
    const told = [await make(), await fetch(`${store.url}/boxes`), await make(), await make(), await make()]
    expect(told.map(({ status }) => status)).toEqual([201, 200, 503, 503, 201])
  })

  test('leaves half of an answer', async () => {
    store.fault = () => 'malformed'
    expect(await (await make('long enough')).text()).toBe('["long ')
  })
})

test('a request can be held before anything of it is looked at', async () => {
  let release: () => void = () => undefined
  store.hold = () => new Promise((resolve) => (release = resolve))
  const answer = heard(make())
  while (store.journal.length === 0) await new Promise(setImmediate)
  expect(store.shelf.boxes).toEqual([])
  store.fault = () => '5xx'
  release()
  expect([await answer, store.shelf.boxes]).toEqual([503, []])
})

test('the limits are asked before anything is done, and not of what a fault has struck', async () => {
  store.shelf.left = 1
  store.fault = atCalls<JournalEntry>('5xx')
  expect([await heard(make()), await heard(make()), await heard(make())]).toEqual([503, 201, 429])
  expect(store.shelf.boxes).toEqual(['a'])
})

describe('what is refused', () => {
  test('is told with its reason', async () => {
    expect(await heard(fetch(`${store.url}/lids`))).toBe(404)
    expect(store.takeRefused()).toEqual(['GET /lids: no such operation'])
  })

  test('fails the test at the emulator’s end, unless the test has taken it', async () => {
    await fetch(`${store.url}/lids`)
    await expect(store.close()).rejects.toThrow(
      /asked what nobody understands:\nGET \/lids: no such operation$/,
    )
    expect(store.takeRefused()).toHaveLength(1)
    await store.close()
  })

  test('is also a defect of the emulator, which never looks like an answer of the vendor', async () => {
    expect(await heard(fetch(`${store.url}/broken`))).toBe(501)
    expect(store.takeRefused()).toEqual([expect.stringMatching(/^GET \/broken: .*a mistake in here/)])
  })

  test('is also a body of more than a server reads', async () => {
    const body = 'x'.repeat(longestBody + 1)
    expect(await heard(fetch(`${store.url}/boxes`, { method: 'POST', body }))).toBe(413)
    expect([store.takeRefused().length, store.shelf.boxes]).toEqual([1, []])
  })
})

test('whoever waits is asked again after every change, and hears what went wrong in the question', async () => {
  const found = store.until(() => store.shelf.boxes.find((name) => name === 'b'))
  const failed = store.until(() => {
    if (store.shelf.boxes.length === 2) throw new Error('no')
  })
  const told = expect(failed).rejects.toThrow('no')
  await make('a')
  await make('b')
  expect(await found).toBe('b')
  await told
})
