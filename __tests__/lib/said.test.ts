import { describe, expect, test } from '@jest/globals'
import { saidIn } from '../../src/lib/said.ts'

describe('what a refusal says', () => {
  test.each<[string, unknown, string]>([
    ['a message', { message: 'Not Found', documentation_url: 'https://docs', status: '404' }, 'Not Found'],
    [
      'errors as a text beside it',
      { message: 'Validation Failed', errors: 'Runner group 1 has reached max limit of 10000 runners' },
      'Validation Failed; Runner group 1 has reached max limit of 10000 runners',
    ],
    [
      'errors as a list of texts',
      { message: 'Forbidden', errors: ['one thing', 'another'] },
      'Forbidden; one thing, another',
    ],
    [
      'errors by field, with and without words',
      {
        message: 'Validation Failed',
        errors: [
          { resource: 'Runner', field: 'name', code: 'custom', message: 'is odd' },
          { resource: 'Runner', field: 'labels', code: 'missing_field' },
        ],
      },
      'Validation Failed; name: is odd; labels: missing_field',
    ],
    [
      'errors with words alone',
      { message: 'Validation Failed', errors: [{ resource: 'Runner', code: 'custom', message: 'no room' }] },
      'Validation Failed; no room',
    ],
    [
      'texts by field',
      { message: { tags_list: ['is odd', 'is even'], base: ['full'] } },
      'tags_list is odd, is even; full',
    ],
    [
      'errors with a code alone',
      { message: 'Validation Failed', errors: [{ resource: 'Runner', code: 'already_exists' }] },
      'Validation Failed; Runner: already_exists',
    ],
    [
      'OAuth',
      { error: 'insufficient_scope', error_description: 'needs more', message: 'no' },
      'needs more; no',
    ],
    ['a plain text', 'Retry later\n', 'Retry later'],
    [
      'a web page',
      '<html><head><title>403</title><style>p{}</style></head><body><h1>Blocked</h1><p>by the&nbsp;proxy</p></body>',
      '403 Blocked by the proxy',
    ],
    ['the same twice', { message: 'Bad', errors: ['Bad'] }, 'Bad'],
    ['a code and nothing else', { code: 'RUNNERS_DISABLED', status: '403' }, 'RUNNERS_DISABLED'],
    ['nothing', undefined, ''],
    ['nothing to read', { status: '500' }, ''],
  ])('%s', (_case, body, said) => {
    expect(saidIn(body)).toBe(said)
  })

  test('is cut, however large the answer and however deep', () => {
    let deep: unknown = 'bottom'
    for (let depth = 0; depth < 10_000; depth++) deep = { message: deep }
    expect(saidIn(deep)).toBe('')
    expect(saidIn({ message: 'x'.repeat(1_000_000) })).toHaveLength(1001)
    expect(saidIn('<script>'.repeat(100_000)).length).toBeLessThanOrEqual(1001)
  })
})
