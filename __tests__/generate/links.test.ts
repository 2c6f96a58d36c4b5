import { describe, expect, test } from '@jest/globals'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))

const pages = ['.', 'docs', 'gitlab-component', 'src', '__tests__/emulators/http'].flatMap(pagesIn)

/** Text without what stands in fences or between backticks, where brackets are code. */
const prose = (page: string): string =>
  read(page)
    .replace(/^(`{3,})[^]*?^\1$/gm, '')
    .replace(/`[^`\n]*`/g, '`')

/** Anchors of a page's headings, as GitHub and GitLab make them: small letters, without signs, blanks as hyphens, a number for a repetition. */
function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const headings = read(page)
    .replace(/^(`{3,})[^]*?^\1$/gm, '')
    .matchAll(/^#{1,6} (.*)$/gm)
  return new Set(
    [...headings].map(([, title = '']) => {
      const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      const base = plain
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-')
      const count = seen.get(base) ?? 0
      seen.set(base, count + 1)
      return count === 0 ? base : `${base}-${count}`
    }),
  )
}

/** Files that name pages from elsewhere: programs in their messages, forms and the component's project by whole addresses. */
const addressed = [
  ...pages,
  ...['.github/ISSUE_TEMPLATE', 'gitlab-component/examples', 'docs/examples', 'src', 'docs'].flatMap(
    (folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(yml|ts|sh|json|yaml)$/.test(name))
        .map((name) => join(folder, name)),
  ),
].filter((file) => addressesIn(file).length > 0)

function addressesIn(file: string): readonly string[] {
  const named =
    file.startsWith('src/') && file.endsWith('.ts')
      ? /\b(docs\/[\w-]+\.(?:md|sh|json|yaml)(?:#[\w-]+)?)/g
      : undefined
  const whole = /\/cml-runner-action\/(?:blob|raw|tree)?\/?(?:main|v1)\/([\w./-]+[\w](?:#[\w-]+)?)/g
  return [whole, ...(named ? [named] : [])].flatMap((pattern) =>
    [...read(file).matchAll(pattern)].map(([, link = '']) => link),
  )
}

/** What is wrong with a link of the page; undefined when nothing is, or it leads out of the project. */
function wrong(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return `${link}: there is no ${target}`
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(target).has(anchor) ? undefined : `${link}: ${target} has no such heading`
}

describe('links between pages', () => {
  test.each(pages)('of %s lead somewhere', (page) => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    expect(links.flatMap((link) => wrong(page, link) ?? [])).toEqual([])
  })

  test.each(addressed)('and addresses of pages in %s, too', (file) => {
    expect(addressesIn(file).flatMap((link) => wrong('README.md', link) ?? [])).toEqual([])
  })

  // Who runs an action or a package has none of these files.
  test('what the program says names pages by whole addresses', () => {
    const said = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== join('entry', 'generate.ts'))
      .flatMap((name) => read(join('src', name)).split('\n'))
      .filter((line) => !/^\s*(\/?\*|\/\/)/.test(line))
    const bare = /(?<!\/|At\(')\bdocs\/[\w-]+\.(?:md|sh|json|yaml)/
    expect(said.filter((line) => bare.test(line))).toEqual([])
    expect(said.filter((line) => /At\('docs\//.test(line)).length).toBeGreaterThan(5)
  })

  test('there are many', () => {
    const links = pages.flatMap((page) => [...prose(page).matchAll(/\]\((?![a-z]+:)[^)\s]+\)/g)])
    expect(links.length).toBeGreaterThan(50)
  })

  test('a page that is not there and a heading that is not there are found', () => {
    expect(wrong('README.md', 'docs/nothing.md')).toBe('docs/nothing.md: there is no docs/nothing.md')
    expect(wrong('README.md', 'docs/gitlab.md#nothing')).toBe(
      'docs/gitlab.md#nothing: docs/gitlab.md has no such heading',
    )
    expect(wrong('README.md', 'docs/gitlab.md#the-token-for-gitlab')).toBeUndefined()
  })
})
