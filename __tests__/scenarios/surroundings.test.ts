import { describe, expect } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { startProxy, type Proxy } from './proxy.ts'
import { story, type Stage } from './story.ts'

/** A job for the launched machine succeeds, which takes everything that a machine needs of the forge. */
async function expectJobRuns(stage: Stage, outputs: Readonly<Record<string, string>>): Promise<void> {
  const job = stage.jobFor(outputs, 'echo ran')
  await job.completed
  expect(job).toMatchObject({ conclusion: 'success', runnerName: outputs.runnerName })
  await stage.shutDown()
}

describe('scopes and servers', () => {
  story('an organisation', async (stage) => {
    const { main, post, outputs } = await stage.launch({ repo: `${stage.github.url}/octo-org` })
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    expect(stage.github.runner(outputs.runnerName!)?.scope).toBe('orgs/octo-org')
    expect(stage.cloud.machines[0]?.lease?.scope).toBe(`${new URL(stage.github.url).host}/octo-org`)
    expect(main.summary).toContain(`${stage.github.url}/organizations/octo-org/settings/actions/runners`)
    await expectJobRuns(stage, outputs)
  })

  story('an organisation’s runner group', async (stage) => {
    const inputs = { repo: `${stage.github.url}/octo-org`, 'runner-group': 'gpu' }
    const { main, outputs } = await stage.launch(inputs)
    expect(main.exitCode).toBe(0)
    const added = stage.github.journal.find(
      ({ method, path }) => method === 'POST' && path.endsWith('/agents'),
    )
    expect(added?.body).toMatchObject({ name: outputs.runnerName, poolId: 4 })
    await expectJobRuns(stage, outputs)
  })

  story(
    'an Enterprise Server, whose API lies below the server and which serves the runner itself',
    async (stage) => {
      stage.github.dials.downloadToken = 'download-token-of-the-server'
      // Nothing but the repository's own address tells which server and whose API is meant.
      const elsewhere = {
        GITHUB_SERVER_URL: undefined,
        GITHUB_API_URL: undefined,
        GITHUB_REPOSITORY: undefined,
      }
      const inputs = { repo: `${stage.github.url}/octo-org/octo-repo`, driver: 'github' }
      const { main, outputs } = await stage.launch(inputs, { env: elsewhere })
      expect(main.exitCode).toBe(0)
      expect(
        stage.github.journal.every(({ side, path }) => side !== 'api' || path.startsWith('/api/v3/')),
      ).toBe(true)
      await expectJobRuns(stage, outputs)
    },
    { github: { api: '/api/v3' } },
  )
})

/** Whoever goes through a proxy to an address without a name may look for this one. */
const localhost = { type: 2, value: 'localhost' } as const

const certificate = generate([{ name: 'commonName', value: '127.0.0.1' }], {
  keySize: 2048,
  algorithm: 'sha256',
  extensions: [
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }, localhost] },
  ],
})

/** Runs a part of a story with an authority's certificate in a file, as a job would name it. */
async function withAuthority(body: (file: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cml-runner-authority-'))
  try {
    const file = join(folder, 'authority.pem')
    writeFileSync(file, (await certificate).cert)
    await body(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('certificates of an authority of one’s own', () => {
  const secure = certificate.then(({ private: key, cert }) => {
    const tls = { key, cert }
    return { github: { tls, api: '/api/v3' as const }, emulated: { tls } }
  })

  story(
    'are trusted by the launcher, and reach the machine and everything on it',
    (stage) =>
      withAuthority(async (file) => {
        const { main, post, outputs } = await stage.launch({}, { env: { NODE_EXTRA_CA_CERTS: file } })
        expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
        expect(stage.github.url).toMatch(/^https:/)
        const job = stage.jobFor(outputs, 'cat "$NODE_EXTRA_CA_CERTS"')
        await job.completed
        expect(job.conclusion).toBe('success')
        expect(job.log).toContain('-----BEGIN CERTIFICATE-----')
        await stage.shutDown()
      }),
    secure,
  )

  story(
    'are asked for where they are missing, on both sides in one message',
    async (stage) => {
      const { main } = await stage.launch()
      expect(main.exitCode).toBe(1)
      for (const part of ['The certificate that was shown for ', 'set `NODE_EXTRA_CA_CERTS`'])
        expect(main.log).toContain(part)
      expect(stage.cloud.calls()).toEqual([])
    },
    secure,
  )
})

async function withProxy(body: (proxy: Proxy) => Promise<void>): Promise<void> {
  const proxy = await startProxy()
  try {
    await body(proxy)
  } finally {
    await proxy.close()
  }
}

/** Who reached a server through the proxy; inside a tunnel nobody is seen. */
const through = ({ journal }: Proxy, url: string): string[] => {
  const entries = journal.filter(({ host }) => host === new URL(url).host)
  const names = entries.map(({ method, agent }) =>
    method === 'CONNECT' ? 'tunnel' : agent.split(/[/ ]/)[0]!,
  )
  return [...new Set(names)].sort()
}

/** Who asks the cloud: the launcher, and a machine that tells it to take it. */
const ofLauncher = ({ cloud }: Stage): readonly string[] => cloud.side.words.asks.launcher
const ofBoth = ({ cloud }: Stage): string[] => {
  const { launcher, machine } = cloud.side.words.asks
  return [...new Set([...launcher, ...machine])].sort()
}

/** What a machine asks the forge with; a runner that is in the image is not fetched. */
const ofMachine = ({ cloud }: Stage): string[] => (cloud.side.withoutSystem ? ['tunnel'] : ['curl', 'tunnel'])

const direct = { NO_PROXY: '', no_proxy: '' } as const

/** Here launcher and machine stand side by side; elsewhere the launcher's loopback leads the machine nowhere, so it is told of by name. */
const told = ({ url }: Proxy, exceptions = 'metadata.example') => ({
  'machine-proxy': url,
  'machine-no-proxy': exceptions,
})

describe('a proxy', () => {
  story('is used for everything, on the launcher and on the machine, without its password there', (stage) =>
    withProxy(async (proxy) => {
      const withPassword = proxy.url.replace('://', '://user:proxy-password@')
      const env = { HTTP_PROXY: withPassword, HTTPS_PROXY: withPassword, ...direct }
      const { main, outputs, log } = await stage.launch(told(proxy), { env })
      expect(main.exitCode).toBe(0)
      expect(log).not.toContain('proxy-password')
      await expectJobRuns(stage, outputs)
      expect(through(proxy, stage.cloud.url)).toEqual(ofBoth(stage))
      expect(through(proxy, stage.github.url)).toEqual(['cml-runner', ...ofMachine(stage)])
      // A tunnel to the cloud with no name is the launcher's: a machine's has curl's.
      const isOwn = ({ agent, host }: Proxy['journal'][number]): boolean =>
        agent === ''
          ? host === new URL(stage.cloud.url).host
          : [...ofLauncher(stage), 'cml-runner'].some((name) => agent.startsWith(name))
      const credentials = (own: boolean) =>
        proxy.journal.filter((entry) => isOwn(entry) === own).map((entry) => entry.credentials)
      expect(new Set(credentials(true))).toEqual(new Set([`Basic ${btoa('user:proxy-password')}`]))
      expect(new Set(credentials(false))).toEqual(new Set([undefined]))
      expect(stage.machine().spec.userData.toString('latin1')).not.toContain('proxy-password')
    }),
  )

  story('is left out for the hosts that NO_PROXY names, by each client for itself', (stage) =>
    withProxy(async (proxy) => {
      const server = stage.github.url.replace('127.0.0.1', 'localhost')
      const env = {
        HTTP_PROXY: proxy.url,
        NO_PROXY: 'localhost',
        GITHUB_SERVER_URL: server,
        GITHUB_API_URL: server,
      }
      const { main, outputs } = await stage.launch(told(proxy, 'localhost'), { env })
      expect(main.exitCode).toBe(0)
      await stage.shutDown()
      expect(outputs.runnerName).toBeDefined()
      expect(through(proxy, server)).toEqual([])
      expect(through(proxy, stage.cloud.url)).toEqual(ofBoth(stage))
    }),
  )

  story('of the launcher alone stays with it, and the machine goes out by itself', (stage) =>
    withProxy(async (proxy) => {
      const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, ...direct }
      const { main, outputs, log } = await stage.launch({}, { env })
      expect(main.exitCode).toBe(0)
      expect(log).toContain("HTTP_PROXY names a proxy on this job's own machine")
      await expectJobRuns(stage, outputs)
      expect(through(proxy, stage.github.url)).toEqual(['cml-runner'])
    }),
  )

  story(
    'of the machine alone is used by everything on it, and NO_PROXY of the launcher stays where it is',
    (stage) =>
      withProxy(async (proxy) => {
        const { main, outputs } = await stage.launch(told(proxy), { env: { NO_PROXY: '127.0.0.1' } })
        expect(main.exitCode).toBe(0)
        await expectJobRuns(stage, outputs)
        expect(through(proxy, stage.cloud.url)).toEqual(stage.cloud.side.words.asks.machine)
        expect(through(proxy, stage.github.url)).toEqual(ofMachine(stage))
      }),
  )

  story(
    'is used for TLS as a tunnel',
    (stage) =>
      withAuthority((file) =>
        withProxy(async (proxy) => {
          const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: file, ...direct }
          const { main, outputs } = await stage.launch(told(proxy), { env })
          expect(main.exitCode).toBe(0)
          await expectJobRuns(stage, outputs)
          const tunnels = proxy.journal.filter(({ method }) => method === 'CONNECT').map(({ host }) => host)
          expect(new Set(tunnels)).toEqual(
            new Set([stage.github.url, stage.cloud.url].map((url) => new URL(url).host)),
          )
          expect(proxy.journal.filter(({ method }) => method !== 'CONNECT')).toEqual([])
        }),
      ),
    certificate.then(({ private: key, cert }) => ({
      github: { tls: { key, cert }, api: '/api/v3' as const },
      emulated: { tls: { key, cert } },
    })),
  )
})
