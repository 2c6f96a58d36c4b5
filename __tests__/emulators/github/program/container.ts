import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'

interface Place {
  readonly work: string
  readonly workspace: string
  say(line: string): void
}

/** A job's `container:`: the official worker drives the `docker` command, so whatever `docker` is on PATH does the work. */
export class Container {
  readonly #image: string
  readonly #place: Place
  #id = ''

  constructor(image: string, place: Place) {
    this.#image = image
    this.#place = place
  }

  async start(): Promise<void> {
    this.#docker(['version', '--format', "'{{.Server.APIVersion}}'"])
    this.#docker(['pull', this.#image])
    const mounts = [
      ['/var/run/docker.sock', '/var/run/docker.sock'],
      [this.#place.work, '/__w'],
    ].flatMap(([from, to]) => ['-v', `${from}:${to}`])
    const name = randomUUID().replaceAll('-', '')
    const create = [
      'create',
      '--name',
      name,
      '--workdir',
      this.#place.workspace,
      ...mounts,
      '-v',
      `${this.#place.work}:${this.#place.work}`,
    ]
    this.#id = this.#docker([...create, '--entrypoint', 'tail', this.#image, '-f', '/dev/null']).trim()
    this.#docker(['start', this.#id])
    await Promise.resolve()
  }

  exec(file: string, env: NodeJS.ProcessEnv): ChildProcess {
    const names = Object.keys(env).filter((name) => env[name] !== process.env[name] && name !== 'PATH')
    return spawn(
      'docker',
      [
        'exec',
        '-i',
        '--workdir',
        this.#place.workspace,
        ...names.flatMap((name) => ['-e', name]),
        this.#id,
        'sh',
        '-e',
        file,
      ],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    )
  }

  async remove(): Promise<void> {
    if (this.#id) this.#docker(['rm', '--force', this.#id])
    await Promise.resolve()
  }

  #docker(words: readonly string[]): string {
    this.#place.say(`##[command]docker ${words.join(' ')}`)
    const { error, status, stdout, stderr } = spawnSync('docker', words, { encoding: 'utf8' })
    if (error) throw new Error(`File not found: 'docker'`)
    for (const line of `${stdout}${stderr}`.split('\n').filter(Boolean)) this.#place.say(line)
    if (status !== 0) throw new Error(`Docker ${words[0]} failed with exit code ${status}`)
    return stdout
  }
}
