import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const dist = process.env.CML_RUNNER_DIST ?? join(root, 'dist')

/** Words for the input `cli`: our own command line, traced. */
export const cli = `node ${join(here, 'traced-cli.cjs')}`

/** How the job called the command line. */
export interface Note {
  readonly pid: number
  readonly argv: readonly string[]
  /** What is the component's, the cloud's and npm's of its environment. */
  readonly env: Readonly<Record<string, string>>
  /** The file with the job's ID token. */
  readonly token?: { readonly text: string; readonly mode: number }
}

export interface PipelineResult {
  readonly code: number | null
  /** stdout and stderr of the client, as they came. */
  readonly log: string
  readonly stdout: string
}

const piped: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']

async function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<PipelineResult> {
  let [log, stdout] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void ((log += chunk), (stdout += chunk)))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => void (log += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, log, stdout }
}

/** A host of git repositories and a client that runs pipelines as GitLab would: gitlab-ci-local, without network and without Docker. */
export class LocalGitlab {
  readonly folder = mkdtempSync(join(/\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'cml-runner-component-'))
  /** The component's own project. */
  readonly remote = join(this.folder, 'cml-runner.git')
  readonly #notes = join(this.folder, 'notes.jsonl')
  #projects = 0

  constructor() {
    mkdirSync(join(this.folder, 'home'))
    const address = 'https://gitlab.example.test'
    const config = [
      '[user]\nname = Nobody\nemail = nobody@example.test',
      '[init]\ndefaultBranch = main',
      // The client names the port, or does not.
      `[url "file://${this.remote}"]`,
      `insteadOf = ${address}/org/cml-runner.git`,
      `insteadOf = ${address}:443/org/cml-runner.git`,
      '[protocol "file"]\nallow = always',
    ]
    writeFileSync(join(this.folder, 'home/.gitconfig'), `${config.join('\n')}\n`)
    this.git(this.folder, 'init', '--quiet', '--bare', this.remote)
    this.git(this.remote, 'config', 'uploadpack.allowFilter', 'true')
    this.git(this.remote, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  }

  /** Nothing of the developer's own environment, save what finds programs. */
  get env(): Record<string, string> {
    const HOME = join(this.folder, 'home')
    return { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME, GIT_CONFIG_NOSYSTEM: '1' }
  }

  git(cwd: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd, env: this.env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** A project with these files, committed, as if cloned from this host. */
  project(files: Readonly<Record<string, string>>, name = `project-${++this.#projects}`): string {
    const folder = join(this.folder, name)
    mkdirSync(folder)
    this.git(folder, 'init', '--quiet')
    this.git(folder, 'remote', 'add', 'origin', `https://gitlab.example.test/octo-group/${name}`)
    for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
    this.commit(folder)
    return folder
  }

  commit(folder: string): void {
    this.git(folder, 'add', '--all')
    this.git(folder, 'commit', '--quiet', '--message', 'Change')
  }

  /** This repository, as far as publishing needs it. */
  repository(): string {
    const folder = join(this.folder, `repository-${++this.#projects}`)
    mkdirSync(join(folder, 'scripts'), { recursive: true })
    for (const path of ['gitlab-component', 'package.json', 'scripts/publish-component.sh'])
      cpSync(join(root, path), join(folder, path), { recursive: true })
    this.git(folder, 'init', '--quiet')
    this.commit(folder)
    return folder
  }

  /** Runs the script of that repository, with `npm` asking this registry. */
  async publish(
    repository: string,
    registry: string,
    ...args: readonly string[]
  ): Promise<{ readonly status: number | null; readonly log: string }> {
    const script = join(repository, 'scripts/publish-component.sh')
    const env = { ...this.env, npm_config_registry: registry, npm_config_fetch_retries: '0' }
    const { code, log } = await ended(spawn('bash', [script, ...args], { env, stdio: piped }))
    return { status: code, log }
  }

  /** Integrity of the package that the repository packs. */
  packed(repository: string): string {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json'], {
      cwd: repository,
      env: this.env,
      encoding: 'utf8',
    })
    const [{ integrity } = { integrity: '' }] = Object.values(
      JSON.parse(stdout) as Record<string, { integrity: string }>,
    )
    return integrity
  }

  /** Runs the pipeline of a project, with these variables before all others. */
  async pipeline(
    project: string,
    variables: Readonly<Record<string, string>> = {},
    ...args: readonly string[]
  ): Promise<PipelineResult> {
    const all = {
      GITLAB_CI: 'true',
      // The client names a folder that only a container would have.
      CI_PROJECT_DIR: project,
      CI_SERVER_VERSION: '19.4.0',
      CI_RUNNER_VERSION: '19.4.0',
      TRACED_DIST: dist,
      TRACED_NOTES: this.#notes,
      ...variables,
    }
    const client = join(root, 'node_modules/gitlab-ci-local/dist/index.js')
    const options = [
      ...['--force-shell-executor', '--no-color'],
      ...Object.entries(all).flatMap(([name, value]) => ['--variable', `${name}=${value}`]),
      ...['--ignore-predefined-vars', Object.keys(all).join(',')],
      // GitLab takes an empty list of tags (lib/gitlab/ci/config/entry/tags.rb); the schema of its editor does not.
      ...['--ignore-schema-paths', '#/definitions/tags/minItems'],
    ]
    return ended(
      spawn(process.execPath, [client, ...options, ...args], { cwd: project, env: this.env, stdio: piped }),
    )
  }

  /** Calls of the command line so far. */
  notes(): readonly Note[] {
    if (!existsSync(this.#notes)) return []
    return readFileSync(this.#notes, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Note)
  }

  forget(): void {
    rmSync(this.#notes, { force: true })
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
