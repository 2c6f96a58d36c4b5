import { afterAll, describe, expect, test } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { byHand, conditions, type Project } from '../../scripts/release/conditions.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
const project: Project = {
  read: (path) => readFileSync(join(root, path), 'utf8'),
  files,
  version: '0.0.0',
}

const without = (path: string): Project => ({ ...project, files: files.filter((file) => file !== path) })

describe('the conditions of those who list and publish this', () => {
  test.each(conditions.filter(({ atRelease }) => !atRelease))('$of: $says', ({ holds }) => {
    expect(holds(project)).toBeUndefined()
  })

  test.each([
    ['README.md', without('README.md')],
    ['action.yml', without('action.yml')],
    ['CODEOWNERS', without('.github/CODEOWNERS')],
  ])('find what is missing: %s', (word, broken) => {
    const found = conditions.map(({ holds }) => holds(broken)).join('\n')
    expect(found).toMatch(word === 'action.yml' ? 'there are none' : word)
  })

  test('find a description that is too long for the Marketplace', () => {
    const description = 'a'.repeat(125)
    const action = `name: a\ndescription: ${description}\nbranding: { icon: cpu, color: purple }\n`
    const read = (path: string): string => (path === 'action.yml' ? action : project.read(path))
    expect(conditions.map(({ holds }) => holds({ ...project, read }))).toContain(
      'the description of action.yml has 125',
    )
  })

  test('a release needs an owner and its part of the changelog', () => {
    const late = conditions.filter(({ atRelease }) => atRelease).map(({ holds }) => holds(project))
    expect(late).toEqual([expect.stringContaining('npm run generate'), 'npm run release -- cut 0.0.0'])
    const named = { ...project, read: () => '{"name":"@somebody/cml-runner"}\n## [0.0.0] - 2026-01-02\n' }
    expect(conditions.at(-1)?.holds(named)).toBeUndefined()
  })

  test('are told with what only a person can see', () => {
    expect(byHand.join('\n')).toMatch(/trusted publisher/)
  })
})

// A tree without its history has nothing to release.
const releasing = existsSync(join(root, '.git')) ? describe : describe.skip

releasing('a release', () => {
  const clone = mkdtempSync(join(tmpdir(), 'cml-release-'))
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', clone, ...args], { encoding: 'utf8', maxBuffer: 64 << 20 }).trim()
  afterAll(() => rmSync(clone, { recursive: true, force: true }))

  test('is an archive of what a job runs, while a clone of its tag is whole', () => {
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone])
    for (const script of ['commit.sh', 'sums.sh'])
      writeFileSync(join(clone, `scripts-${script}`), project.read(`scripts/release/${script}`))
    const commit = execFileSync('bash', ['scripts-commit.sh', '1.2.3'], {
      cwd: clone,
      encoding: 'utf8',
    }).trim()
    expect(git('log', '-1', '--format=%s', commit)).toBe('Release 1.2.3')
    expect(git('diff', '--name-only', 'HEAD', commit)).toBe('.gitattributes')

    const sizeOf = (of: string): number =>
      Number(
        execFileSync('sh', ['-c', `git -C '${clone}' archive --format=tar.gz '${of}' | wc -c`], {
          encoding: 'utf8',
        }),
      )
    expect(sizeOf(commit)).toBeLessThan(0.4 * sizeOf('HEAD'))

    const packed = execFileSync('sh', ['-c', `git -C '${clone}' archive '${commit}' | tar -t`], {
      encoding: 'utf8',
    })
    const kept = new Set(
      packed
        .trim()
        .split('\n')
        .map((path) => path.split('/')[0]),
    )
    expect([...kept].sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'action.yml', 'dist', 'package.json'].sort(),
    )
    const laid = join(clone, 'laid')
    execFileSync('sh', ['-c', `mkdir '${laid}' && git -C '${clone}' archive '${commit}' | tar -xC '${laid}'`])
    expect(
      execFileSync(process.execPath, [join(laid, 'dist/cli.js'), '--version'], { encoding: 'utf8' }),
    ).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('has sums by which anybody can check what a job runs', () => {
    const sums = execFileSync('bash', ['scripts-sums.sh'], { cwd: clone, encoding: 'utf8' })
    expect(sums).toMatch(/^[0-9a-f]{64} {2}action\.yml$/m)
    const check = (): string =>
      execFileSync('sha256sum', ['--check', '--quiet', '-'], {
        cwd: clone,
        input: sums,
        encoding: 'utf8',
        stdio: 'pipe',
      })
    expect(check()).toBe('')
    writeFileSync(join(clone, 'dist/main.js'), '')
    expect(check).toThrow(/1 computed checksum did NOT match/)
  })
})
