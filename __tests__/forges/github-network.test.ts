import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generate } from 'selfsigned'
import type { Failure } from '../../src/model/failure.ts'
import { type GithubEmulator, startGithub } from '../emulators/github/github.ts'
import { Unpacked } from '../emulators/github/unpacked.ts'
import { openGithub } from './github-world.ts'

// Real programs are started, and the machine that runs the tests may be busy.
const root = join(import.meta.dirname, '../..')

/** A proxy that knows one place only, whatever it is asked for. */
class Proxy {
  /** `host:port` of every CONNECT. */
  readonly asked: string[] = []
  readonly credentials: (string | undefined)[] = []
  refusal: string | undefined
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(port: () => number) {
    this.#server = createServer((client) => {
      this.#sockets.add(client)
      client.on('error', () => undefined)
      client.once('data', (head) => {
        const text = head.toString('latin1')
        this.asked.push(/^CONNECT (\S+)/.exec(text)?.[1] ?? text)
        this.credentials.push(/^proxy-authorization: basic (\S+)/im.exec(text)?.[1])
        if (this.refusal) return void client.end(`HTTP/1.1 ${this.refusal}\r\ncontent-length: 0\r\n\r\n`)
        const server = connect(port(), '127.0.0.1', () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n')
          client.pipe(server).pipe(client)
        })
        server.on('error', () => client.destroy())
        // Half closed it would stay, and keep the process of the tests.
        client.on('close', () => server.destroy())
      })
    })
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  /** With credentials, as a corporate one may have them. */
  get address(): string {
    return `http://me:pass@127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('GitHub behind a proxy and with certificates of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cml-runner-tls-'))
  const authority = join(folder, 'ca.pem')
  const repo = 'https://github.test/octo-org/octo-repo'
  let tls: { key: string; cert: string }
  let github: GithubEmulator
  let proxy: Proxy
  let runner: Unpacked | undefined

  beforeAll(async () => {
    const pair = await generate([{ name: 'commonName', value: 'github.test' }], {
      keySize: 2048,
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'github.test' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    })
    tls = { key: pair.private, cert: pair.cert }
    writeFileSync(authority, pair.cert)
  })

  beforeEach(async () => {
    github = await startGithub({ tls, api: '/api/v3' })
    github.stageRunner({ name: 'x', online: true })
    proxy = new Proxy(() => Number(new URL(github.url).port))
    await proxy.listen()
  })

  afterEach(async () => {
    await Promise.all([proxy.close(), github.close(), runner?.remove()])
    runner = undefined
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  const elsewhere = { GITHUB_SERVER_URL: 'https://ghes.corp', GITHUB_API_URL: 'https://ghes.corp/api/v3' }

  const look = async (variables: Readonly<Record<string, string>>): Promise<Failure> =>
    (await openGithub(github, { repo, variables: { ...elsewhere, ...variables } })
      .forge.findRunner('x')
      .catch((error: unknown) => error)) as Failure

  /** A process of its own, since Node reads certificates at its start. */
  const program = async (address: string): Promise<string> => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HTTPS_PROXY: proxy.address,
      NODE_EXTRA_CA_CERTS: authority,
    }
    const words = [
      '--import',
      './scripts/typescript.mjs',
      '__tests__/forges/look.ts',
      address,
      github.token(),
      'x',
    ]
    return (await promisify(execFile)(process.execPath, words, { cwd: root, env })).stdout
  }

  test('HTTPS_PROXY and NODE_EXTRA_CA_CERTS lead to the runner, with the credentials of the proxy', async () => {
    expect(JSON.parse(await program(repo))).toMatchObject({ name: 'x', online: true })
    expect(proxy.asked).toEqual(['github.test:443'])
    expect(Buffer.from(proxy.credentials[0] ?? '', 'base64').toString()).toBe('me:pass')
  })

  test('an authority that is not trusted is told, at once, with the variable that makes it trusted', async () => {
    const failure = await look({ https_proxy: proxy.address })
    expect(failure).toMatchObject({
      kind: 'unavailable',
      explanation: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    expect(failure.message).toMatch(/NODE_EXTRA_CA_CERTS/)
    expect(proxy.asked).toEqual(['github.test:443'])
  })

  test('a certificate for another name is told apart', async () => {
    expect(await program('https://other.test/org/repo')).toMatch(
      /The certificate that was shown is not for other\.test/,
    )
  })

  test('NO_PROXY is asked about the host of the scope, not about that of the job', async () => {
    expect((await look({ HTTPS_PROXY: proxy.address, NO_PROXY: 'ghes.corp' })).explanation.code).toBe(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    )
    expect(proxy.asked).toEqual(['github.test:443'])
    for (const exempt of ['github.test', '.test', '*']) {
      expect((await look({ HTTPS_PROXY: proxy.address, NO_PROXY: exempt })).explanation.code).toMatch(
        /ENOTFOUND|EAI_AGAIN/,
      )
    }
    expect(proxy.asked).toHaveLength(1)
  })

  test("the runner's own programs take the same ways, and leave nothing of that to jobs", async () => {
    runner = new Unpacked(github.archive())
    const words = [
      '--unattended',
      '--url',
      repo,
      '--token',
      github.issueToken('repos/octo-org/octo-repo'),
      '--name',
      'y',
      '--labels',
      'cml',
    ]
    const distrustful = await runner.run('config.sh', words, { https_proxy: proxy.address })
    expect(distrustful).toMatchObject({
      code: 1,
      text: expect.stringMatching(/The SSL connection could not be established/),
    })
    const env = { https_proxy: proxy.address, SSL_CERT_FILE: authority }
    expect((await runner.run('config.sh', words, env)).code).toBe(0)
    const asked = proxy.asked.length
    const program = runner.start('run.sh', [], env)
    const job = github.queueJob({
      name: 'env',
      labels: ['cml'],
      steps: [{ run: 'env | grep -E "^NODE_|EMULATED" || echo clean; echo "$https_proxy $GITHUB_API_URL"' }],
    })
    await job.completed
    expect(job.log).toMatch(/Z clean\n/)
    expect(job.log).toContain(`${proxy.address} ${github.apiUrl}`)
    expect(proxy.asked.slice(0, 2)).toEqual(['github.test:443', 'github.test:443'])
    expect(proxy.asked.length).toBeGreaterThan(asked)
    program.signal('SIGTERM')
    await program.ended
  })

  test('a proxy that refuses is blamed', async () => {
    proxy.refusal = '403 Forbidden'
    const failure = await look({ HTTPS_PROXY: proxy.address })
    expect(failure.kind).toBe('unavailable')
    expect(failure.message).toMatch(/proxy/i)
    expect(failure.message).not.toContain('pass')
  })
})
