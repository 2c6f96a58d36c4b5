// What a release needs besides a commit: `npm run release -- check [--release]` holds the project against the conditions of those who list and
// publish it, `-- notes` prints the release's part of the changelog, `-- cut <version>` begins a release in package.json and CHANGELOG.md.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parser } from 'keep-a-changelog'
import { byHand, conditions, type Project } from './release/conditions.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const { version } = JSON.parse(read('package.json')) as { readonly version: string }

/** Prints a line a condition. Those that can hold in a release alone count only there; before it they are told as what is still to do. */
function check(releasing: boolean): void {
  const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
  const project: Project = { read, files, version }
  for (const { of, says, holds, atRelease = false } of conditions) {
    const found = holds(project)
    const counts = releasing || !atRelease
    const mark = found === undefined ? 'good' : counts ? 'BAD ' : 'todo'
    console.log(`${mark}  ${of}: ${says}${found === undefined ? '' : `\n      ${found}`}`)
    if (found !== undefined && counts) process.exitCode = 1
  }
  for (const line of byHand) console.log(`hand  ${line}`)
}

/** Throws where the changelog has no part for the version of package.json. */
function notes(): string {
  const changelog = parser(read('CHANGELOG.md'))
  const release = changelog.findRelease(version)
  if (!release)
    throw new Error(`CHANGELOG.md has no part "## [${version}]": npm run release -- cut ${version}`)
  // Its first line is the heading, which the page of a release has by itself.
  return release.toString(changelog).split('\n').slice(1).join('\n').trim()
}

function cut(next: string): void {
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(next))
    throw new RangeError(`"${next}" is no version such as 1.2.3`)
  const today = new Date().toISOString().slice(0, 10)
  const changelog = read('CHANGELOG.md')
  const heading = '## [Unreleased]\n'
  if (!changelog.includes(heading)) throw new Error('CHANGELOG.md has no part "## [Unreleased]"')
  writeFileSync(
    join(root, 'CHANGELOG.md'),
    changelog.replace(heading, `${heading}\n## [${next}] - ${today}\n`),
  )
  execFileSync('npm', ['version', next, '--no-git-tag-version', '--allow-same-version'], {
    cwd: root,
    stdio: 'ignore',
  })
  execFileSync('npm', ['run', '--silent', 'generate'], { cwd: root, stdio: 'inherit' })
  console.log(`Now look at CHANGELOG.md, commit, and run the workflow "release" on main (docs/releasing.md).`)
}

const [, , verb, word] = process.argv
if (verb === 'check') check(word === '--release')
else if (verb === 'notes') console.log(notes())
else if (verb === 'cut' && word) cut(word)
else {
  console.error('usage: npm run release -- check [--release] | notes | cut <version>')
  process.exitCode = 2
}
