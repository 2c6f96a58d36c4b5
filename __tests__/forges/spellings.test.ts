import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { scopeOf as githubScopeOf } from '../../src/forges/github/scope.ts'
import { scopeOf as gitlabScopeOf } from '../../src/forges/gitlab/scope.ts'
import { readValue } from '../../src/options/kinds.ts'
import { callOptions } from '../../src/options/runner-options.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,12}$/)

/** The same letters, some of them in capitals. */
const inAnyCase = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((capital) => [...text].map((letter, at) => (capital[at] ? letter.toUpperCase() : letter)).join(''))

/** An address as people, browsers and git write it. */
function spellingsOf(hosts: readonly string[], path: string): fc.Arbitrary<string> {
  const dot = fc.constantFrom('', '.')
  const end = fc.constantFrom('', '/', '//', '.git', '.git/', '?tab=readme', '#readme')
  const web = fc
    .tuple(fc.constantFrom('https://', 'HTTPS://', 'http://', 'https://me:secret-token@', ''), dot)
    .chain(([scheme, stop]) =>
      fc
        .tuple(fc.constantFrom(...hosts), inAnyCase(path), end, fc.boolean())
        .map(([host, written, tail, port]) => {
          const shown = port && scheme.toLowerCase() === 'https://' ? ':443' : ''
          return `${scheme}${host}${stop}${shown}/${written}${tail}`
        }),
    )
  const ssh = fc
    .tuple(fc.constantFrom(...hosts), inAnyCase(path), fc.constantFrom('', '.git'))
    .chain(([host, written, tail]) =>
      fc.constantFrom(
        `git@${host}:${written}${tail}`,
        `git@${host}:/${written}${tail}`,
        `ssh://git@${host}/${written}${tail}`,
        `ssh://git@${host}:443/${written}${tail}`,
        `git+ssh://git@${host}:22/${written}${tail}`,
      ),
    )
  return fc.oneof(web, ssh)
}

function addressOf(text: string): URL {
  const reading = readValue(callOptions.repo, text)
  if ('expected' in reading) throw new Error(`${text} is refused: ${reading.expected}`)
  return reading.value as URL
}

describe('all spellings of one repository meet', () => {
  const depths = fc
    .array(name, { minLength: 1, maxLength: 2 })
    .filter(([first]) => !/^(orgs|organizations|enterprises|groups)$/.test(first!))

  test('at GitHub', () => {
    const hosts = ['github.com', 'GitHub.com', 'www.github.com', 'ssh.github.com']
    fc.assert(
      fc.property(
        depths.chain((names) => spellingsOf(hosts, names.join('/')).map((text) => ({ names, text }))),
        ({ names, text }) => {
          const scope = githubScopeOf(addressOf(text), {})
          expect(scope.text).toBe(`github.com/${names.join('/')}`)
          expect(scope.page.toLowerCase()).toBe(`https://github.com/${names.join('/')}`)
          expect(scope.api).toBe('https://api.github.com')
        },
      ),
      { seed: 20261126 },
    )
  })

  test('at GitLab', () => {
    const hosts = ['gitlab.com', 'GitLab.com', 'www.gitlab.com', 'altssh.gitlab.com']
    fc.assert(
      fc.property(
        depths.chain((names) => spellingsOf(hosts, names.join('/')).map((text) => ({ names, text }))),
        ({ names, text }) => {
          const scope = gitlabScopeOf(addressOf(text), {})
          expect(scope.text).toBe(`gitlab.com/${names.join('/')}`)
          expect(scope.origin).toBe('https://gitlab.com')
        },
      ),
      { seed: 20261126 },
    )
  })

  test('a scope read again from its own page stays what it is', () => {
    for (const scopeOf of [githubScopeOf, gitlabScopeOf])
      fc.assert(
        fc.property(
          fc.constantFrom(
            'https://ghes.corp',
            'https://octo.ghe.com',
            'https://git.corp.:8443',
            'https://xn--bcher-kva.example',
          ),
          depths,
          (server, names) => {
            const scope = scopeOf(new URL(`${server}/${names.join('/')}`), {})
            expect(scopeOf(new URL(scope.page), {})).toEqual(scope)
            expect(scopeOf(new URL(`https://${scope.text}`), {}).text).toBe(scope.text)
          },
        ),
        { seed: 20261126 },
      )
  })
})
