import { describe, expect, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const pages = ['docs/troubleshooting.md', 'docs/gitlab.md']

/** What GitHub, GitLab, the clouds, npm and the programs on machines say, and the program passes on. */
const others = [
  'Resource not accessible by integration',
  'provided value is not a string',
  'provided value does not match required RegEx pattern',
  'required value has not been provided',
  'unknown input arguments',
  'chosen stage does not exist',
  'content not found',
  'undefined need',
  'Maximum number of ci registered project runners',
  'Runner associated with more than one project',
  'sts:AssumeRoleWithWebIdentity',
  "Couldn't retrieve verification key",
  'npm error',
  'This job is stuck because of',
  'prepare environment',
  'executor: shell',
  'Failed to pull image',
  'could not select device driver',
]

/** As a person meets it: joined, without escapes. */
const said = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join(root, 'src', path), 'utf8'))
  .join('\n')
  .replace(/['`]\s*\+\s*['`]/g, '')
  .replace(/\\(.)/g, '$1')

/** Messages between backticks in the first cells of a page's tables. */
function messagesOf(page: string): readonly string[] {
  const table = /^\| (?:message|what is seen) \|.*\n\| --- .*\n((?:\|.*\n?)+)/gm
  return [...page.matchAll(table)]
    .flatMap(([, rows = '']) => rows.split('\n').map((row) => row.split(' | ')[0] ?? ''))
    .flatMap((cell) => [...cell.matchAll(/(`+) ?(.+?) ?\1/g)].map(([, , text = '']) => text))
}

/** `…` stands for what differs, as does the name of an option. */
function isSaid(message: string): boolean {
  const parts = message
    .replace(/^Could not /, '')
    .replace(/`[\w-]+`/g, '`…`')
    .split('…')
  return parts.every((part) => said.includes(part.trim())) || others.some((text) => message.includes(text))
}

describe('a message that a page explains', () => {
  test.each(pages)('is one that somebody says: %s', (page) => {
    const messages = messagesOf(readFileSync(join(root, page), 'utf8'))
    expect(messages.length).toBeGreaterThan(10)
    expect(messages.filter((message) => !isSaid(message))).toEqual([])
  })

  test('is missed where nobody says it', () =>
    expect(isSaid('A proxy is set, but … cannot use it')).toBe(false))
})
