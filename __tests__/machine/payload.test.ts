import { execFileSync, spawnSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'

import { afterAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { generate } from 'selfsigned'

import { bundleAgent, pairs } from '../../scripts/build/agent.ts'
import * as limits from '../../src/agent/limits.ts'
import { agentConfigVersion, type AgentConfig } from '../../src/machine/agent-config.ts'
import { authorityName, parseCertificates, unusual } from '../../src/machine/certificates.ts'
import { parseConfig, renderConfig } from '../../src/machine/config-file.ts'
import { jobCompletedHook, jobStartedHook, jobWaitHook } from '../../src/machine/hooks.ts'
import * as machinePaths from '../../src/machine/paths.ts'
import { checkPayload, fitPayload, renderPayload, type PayloadParts } from '../../src/machine/payload.ts'
import { portableProxy, proxyEnvironment } from '../../src/machine/proxy.ts'
import { sshPublicKeyOf } from '../../src/machine/ssh-key.ts'
import { startBootstrap } from '../../src/machine/scripts.ts'
import { parseStartupScript } from '../../src/machine/startup-script.ts'
import { Failure } from '../../src/model/failure.ts'
import type { Ground } from '../../src/model/instance.ts'
import { assetsFromSource, textOf } from '../emulators/machine/assets.ts'
import { decodeUserData, type UserData } from '../emulators/machine/user-data.ts'

const folder = mkdtempSync(join(tmpdir(), 'payload-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const expiresAt = 1_800_000_000
const config: AgentConfig = {
  version: agentConfigVersion,
  identity: 'abcdefghijklmnopqrst',
  cloud: 'nimbus',
  name: 'cml-abcdefghijklmnopqrst',
  labels: ['cml', 'cml-abcdefghijklmnopqrst', 'cml-at-nimbus-north-1'],
  single: false,
  idleTimeout: 300,
  expiresAt,
  startupScript: false,
  registration: {
    forge: 'github',
    kind: 'token',
    url: 'https://github.com/o/r',
    token: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012',
    expiresAt,
  },
  proxy: {},
}
const download = {
  url: 'https://github.com/actions/runner/releases/download/v2.336.0/actions-runner-linux-x64-2.336.0.tar.gz',
  sha256: '0123456789abcdef'.repeat(4),
  version: '2.336.0',
}
const parts = (change: Partial<PayloadParts> = {}, agent: Partial<AgentConfig> = {}): PayloadParts => ({
  config: { ...config, ...agent },
  download,
  launchTimeout: 600,
  ground: { powerOff: 'ends', farewell: '' },
  carrier: 'cloud-init',
  assets: assetsFromSource(),
  ...change,
})
const decoded = (change: Partial<PayloadParts> = {}, agent: Partial<AgentConfig> = {}): UserData =>
  decodeUserData(renderPayload(parts(change, agent)))
const fileOf = (data: UserData, path: string) => data.files.find((file) => file.path === path)
/** What the function of that name prints. */
const printedBy = ({ boothooks: [fuses] }: UserData, name: string) => {
  const end = name.toUpperCase()
  const [, text = ''] = fuses?.text.split(`\n${name}() {\ncat <<'${end}'\n`) ?? []
  return text.slice(0, text.indexOf(`${end}\n}\n`))
}
const textOfFile = (data: UserData, path: string) => fileOf(data, path)?.bytes.toString('utf8') ?? ''
const failureOf = (what: () => unknown): Failure => {
  try {
    what()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing failed')
}
const random = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 2_654_435_761) >>> 24))

describe('the payload', () => {
  it('is the same for the same input, byte for byte', () => {
    expect(renderPayload(parts())).toEqual(renderPayload(parts()))
  })

  it('arms the fuses first, with nothing but two whole numbers put in', () => {
    const [fuses] = decoded({ launchTimeout: 599.5 }).boothooks
    expect(fuses?.text.split('\n').slice(0, 4)).toEqual([
      '#!/bin/sh',
      `DEADLINE=${expiresAt}`,
      'LAUNCH_TIMEOUT=600',
      'bootstrap() {',
    ])
    expect(() => renderPayload(parts({ launchTimeout: '1; reboot' as never }))).toThrow(TypeError)
    expect(() => renderPayload(parts({}, { expiresAt: NaN }))).toThrow(TypeError)
  })

  it.each(['ends', 'stops', 'useless'] as const)(
    'brings a machine that powering off %s what it needs for its end, and nothing for others',
    (powerOff) => {
      const ground = { powerOff, farewell: 'curl https://cloud.example' }
      const script = decoded({ ground }).boothooks[0]?.text ?? ''
      expect(script).not.toMatch(/^#:/m)
      const says = (text: string) => script.split(text).length - 1
      const told = powerOff !== 'ends'
      expect(says("farewell() {\ncat <<'FAREWELL'\ncurl https://cloud.example\nFAREWELL\n}\n")).toBe(
        told ? 1 : 0,
      )
      expect(says('farewell')).toBeGreaterThanOrEqual(told ? 4 : 0)
      expect(says('SuccessAction=poweroff\nFailureAction=poweroff\n')).toBe(told ? 0 : 1)
      expect(says('OnSuccess=')).toBe(told ? 1 : 0)
      expect(says('FailureAction=poweroff-force')).toBe(powerOff === 'useless' ? 0 : 2)
      expect(says('Restart=on-failure')).toBe(powerOff === 'useless' ? 2 : 0)
      const alone = decoded({ ground: { powerOff, farewell: '' } })
      expect(alone).toEqual(decoded())
    },
  )

  it('tells the cloud through the proxy of the machine, and nothing that could end the text', () => {
    const proxy = { https: 'http://proxy.example:3128' }
    const of = (farewell: string) =>
      decoded({ ground: { powerOff: 'stops', farewell } }, { proxy }).boothooks[0]?.text
    expect(of('tell')).toContain("\nexport https_proxy='http://proxy.example:3128'\n")
    expect(of('tell')).toMatch(/\nexport NO_PROXY='169.254.169.254,fd00:ec2::254'\ntell\nFAREWELL\n/)
    expect(() => of('tell\nFAREWELL\nreboot')).toThrow('a line of the farewell would end it')
  })

  it('keeps from the proxy what the cloud has on the machine’s own link', () => {
    const direct = ['metadata.nimbus.example']
    const sent = (ground: Ground) =>
      textOfFile(decoded({ ground }, { proxy: { http: 'http://proxy.example:3128' } }), machinePaths.config)
    const [, alone] = /"no":"([^"]+)"/.exec(sent({ powerOff: 'ends', farewell: '' })) ?? []
    expect(alone).toContain('169.254.169.254')
    expect(sent({ powerOff: 'ends', farewell: '', direct })).toContain(
      `"no":"${alone},metadata.nimbus.example"`,
    )
  })

  it('arms them where a boothook cannot be executed too: bootcmd hands the same file to a shell', () => {
    const { boothooks, bootCommands } = decoded()
    expect(bootCommands).toEqual([['sh', `/var/lib/cloud/instance/boothooks/${boothooks[0]?.name}`]])
  })

  it('carries the agent as it is, and what only root may read as such', () => {
    const data = decoded({ startupScript: Buffer.from('echo hi\n') }, { startupScript: true })
    expect(textOfFile(data, machinePaths.agent)).toBe(assetsFromSource().agent)
    expect(JSON.parse(textOfFile(data, machinePaths.config))).toEqual({ ...config, startupScript: true })
    const modes = Object.fromEntries(data.files.map(({ path, mode }) => [path, mode.toString(8)]))
    expect(modes).toEqual({
      [machinePaths.agent]: '644',
      [machinePaths.config]: '600',
      [machinePaths.download]: '600',
      [machinePaths.digest]: '644',
      [machinePaths.jobStartedHook]: '755',
      [machinePaths.jobCompletedHook]: '755',
      [machinePaths.sudoers]: '440',
      [machinePaths.needrestart]: '644',
      [machinePaths.startupScript]: '700',
    })
  })

  it('brings every text of a user exactly as it was, in files only', () => {
    const hostile = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((text) => text.isWellFormed())
    const weird = fc.constantFrom(
      '$(touch /pwned)',
      '`id`',
      "'; reboot #",
      '"\n\nEOF\n',
      '${{ secrets.TOKEN }}',
      '--==boundary==--',
      '#cloud-config',
      '\u2028',
      '😀',
    )
    const text = fc.oneof(hostile, weird)
    fc.assert(
      fc.property(
        text,
        fc.array(text, { maxLength: 4 }),
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        (name, labels, script) => {
          const startupScript = Buffer.from(script)
          const given = { name, labels, workdir: name }
          const data = decoded({ startupScript }, given)
          expect(JSON.parse(textOfFile(data, machinePaths.config))).toMatchObject(given)
          expect(fileOf(data, machinePaths.startupScript)?.bytes).toEqual(startupScript)
          // Nothing that is executed differs from a payload without these texts.
          const plain = decoded()
          expect(data.boothooks).toEqual(plain.boothooks)
          expect(data.bootCommands).toEqual(plain.bootCommands)
          expect(data.files.map(({ path }) => path).sort()).toEqual(
            [...plain.files.map(({ path }) => path), machinePaths.startupScript].sort(),
          )
        },
      ),
      { seed: 20261121, numRuns: 200 },
    )
  })

  it('forbids needrestart to restart the agent under a job', () => {
    expect(textOfFile(decoded(), machinePaths.needrestart)).toBe(
      '$nrconf{override_rc}{qr(^cml-runner-)} = 0;\n',
    )
  })

  it('tells curl what to fetch in a form that it cannot misread', () => {
    const url = 'https://ghes.example/a"b\\c.tar.gz'
    const data = decoded({ download: { ...download, url } })
    expect(textOfFile(data, machinePaths.download).split('\n').slice(0, 4)).toEqual([
      'proto = "=https,http"',
      'proto-redir = "=https,http"',
      'proto-default = "https"',
      'url = "https://ghes.example/a\\"b\\\\c.tar.gz"',
    ])
    expect(textOfFile(data, machinePaths.digest)).toBe(`${download.sha256}  runner.tar.gz\n`)
  })

  it('passes a proxy to everything that fetches, without its password', () => {
    const proxy = {
      http: 'http://me:hunter2@proxy.example:3128',
      https: 'https://me:hunter2@tls-proxy.example/',
      no: 'a.example, .b.example\n;rm',
    }
    const data = decoded({}, { proxy })
    expect(textOf(renderPayload(parts({}, { proxy })))).not.toContain('hunter2')
    expect(textOfFile(data, machinePaths.download)).toContain(
      'proxy = "https://tls-proxy.example:443"\nnoproxy = "a.example,.b.example,169.254.169.254,fd00:ec2::254"\n',
    )
    expect(textOfFile(data, machinePaths.aptProxy)).toBe(
      'Acquire::http::Proxy "http://proxy.example:3128";\nAcquire::https::Proxy "https://tls-proxy.example:443";\n',
    )
    expect(textOfFile(data, machinePaths.dockerProxy)).toContain(
      'Environment="HTTPS_PROXY=https://tls-proxy.example:443"',
    )
    expect(proxyEnvironment(portableProxy(proxy))).toMatchObject({
      https_proxy: 'https://tls-proxy.example:443',
      NO_PROXY: 'a.example,.b.example,169.254.169.254,fd00:ec2::254',
    })
    const restarts = (given: UserData) => printedBy(given, 'packages').includes('try-restart docker.service')
    expect([restarts(data), restarts(decoded())]).toEqual([true, false])
    expect(decoded().files.some(({ path }) => path === machinePaths.aptProxy)).toBe(false)
    expect(failureOf(() => decoded({}, { proxy: { https: 'ftp://secret@x' } })).message).not.toContain(
      'secret',
    )
  })

  it('spells out the port of a proxy, and refuses an address that a configuration file could misread', () => {
    const portOf = (https: string) => portableProxy({ https }).https
    expect(
      ['proxy.example', 'http://p:80', 'https://p/', 'socks5h://p', 'http://[fd00::1]:3128'].map(portOf),
    ).toEqual([
      'http://proxy.example:80',
      'http://p:80',
      'https://p:443',
      'socks5h://p:1080',
      'http://[fd00::1]:3128',
    ])
    for (const https of [
      'http://a"b:1',
      'http://a%22b:1',
      'socks5://a"b',
      "socks5://a'b",
      'socks5://a%20b',
      'http://a;b',
      'http://$(id)',
    ])
      expect([https, failureOf(() => portOf(https)).kind]).toEqual([https, 'invalid-input'])
  })

  it("adds certificates to the machine's own and to Node's", async () => {
    const [one, two] = [
      (await generate([{ name: 'commonName', value: 'one' }])).cert,
      (await generate([{ name: 'commonName', value: 'two' }])).cert,
    ]
    const data = decoded({ certificates: `# one\r\n${one.replaceAll('\n', '\r\n')}\n# two é\n${two}` })
    expect(data.trustedCertificates).toHaveLength(2)
    expect(textOfFile(data, machinePaths.certificates)).toBe(data.trustedCertificates.join(''))
    for (const bad of ['nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----']) {
      expect(failureOf(() => decoded({ certificates: bad })).kind).toBe('invalid-input')
    }
  })

  it('leaves at home what every image trusts, once and for all of it', async () => {
    const [company] = parseCertificates((await generate([{ name: 'commonName', value: 'Company' }])).cert)
    const bundle = parseCertificates([...rootCertificates, company, company].join('\n'))
    expect(bundle.length).toBeGreaterThan(100)
    expect(unusual(bundle)).toEqual([company])
  })

  it('takes the last of too many authorities, and says which stay behind', async () => {
    const names = ['one', 'two', 'three', 'four', 'five', 'six']
    const certificates = await Promise.all(
      names.map(async (value) => (await generate([{ name: 'commonName', value }])).cert),
    )
    const plain = renderPayload(parts()).length
    const fitting = (room: number) => {
      const { payload, leftOut } = fitPayload(parts({ certificates: certificates.join('\n') }), plain + room)
      expect(payload.length).toBeLessThanOrEqual(plain + room)
      const { trustedCertificates } = decodeUserData(payload)
      expect([...leftOut, ...trustedCertificates].map(authorityName)).toEqual(names)
      return trustedCertificates.length
    }
    expect([fitting(20_000), fitting(0)]).toEqual([6, 0])
    expect(fitting(2500)).toBeGreaterThan(0)
    expect(fitting(2500)).toBeLessThan(6)
    const large = fitPayload(parts({ certificates: certificates.join('\n') }), 100)
    expect(failureOf(() => checkPayload(large.payload, 100)).message).toContain('the cloud takes 100')
  })

  it('fits, whatever the registration, and leaves 2.5 KB for what users add, with a token', () => {
    const sizes = {
      token: renderPayload(parts()).length,
      jit: renderPayload(parts({}, { registration: jit() })).length,
      spaced: renderPayload(parts({}, { registration: { ...jit(), config: spaced(jit().config) } })).length,
      gitlab: renderPayload(gitlabParts()).length,
    }
    expect(Math.max(...Object.values(sizes))).toBeLessThanOrEqual(16_384)
    // Little more than it is, so that it grows by nobody's oversight.
    expect(sizes.token).toBeLessThanOrEqual(12_850)
    expect(sizes.gitlab).toBeLessThanOrEqual(13_800)
  })

  it("brings GitHub's just-in-time configuration byte by byte, whatever it is", () => {
    const texts = fc.dictionary(fc.string(), fc.string({ unit: 'binary' })).map((files) => {
      const entries = Object.entries(files).map(([name, text]) => [
        name,
        Buffer.from(text).toString('base64'),
      ])
      return Buffer.from(JSON.stringify(Object.fromEntries(entries))).toString('base64')
    })
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String(),
      texts,
      fc.constant(spaced(jit().config)),
    )
    const brought = (text: string) => {
      const registration = { forge: 'github', kind: 'jit', config: text } as const
      return renderConfig({ ...config, registration })
    }
    fc.assert(
      fc.property(anything, (text) => {
        expect(parseConfig(brought(text)).registration).toEqual({
          forge: 'github',
          kind: 'jit',
          config: text,
        })
      }),
      { seed: 20261121, numRuns: 500 },
    )
    const { config: real } = jit()
    expect(brought(real)).toContain('\\"agentId\\":123456')
    expect(parseConfig(brought(real))).toEqual({
      ...config,
      registration: { forge: 'github', kind: 'jit', config: real },
    })
    expect(brought(spaced(real))).not.toContain(spaced(real).slice(0, 100))
    expect(brought(real.replace(/.$/, '!'))).toContain(real.slice(0, -1))
  })

  it("fetches GitLab's runner as one program, and a Node for the agent beside it", () => {
    const data = decodeUserData(renderPayload(gitlabParts()))
    const { node } = gitlabParts().download
    expect(textOfFile(data, machinePaths.download)).toContain('output = "gitlab-runner"\n')
    expect(textOfFile(data, machinePaths.digest)).toBe(`${download.sha256}  gitlab-runner\n`)
    expect(textOfFile(data, machinePaths.nodeDownload)).toMatch(
      `url = "${node?.url}"\noutput = "node.tar.gz"\n`,
    )
    expect(textOfFile(data, machinePaths.nodeDigest)).toBe(`${node?.sha256}  node.tar.gz\n`)
    expect(fileOf(data, machinePaths.nodeDownload)?.mode).toBe(0o600)
    expect(printedBy(data, 'packages').split('\n')[1]).toBe("NEEDS='docker git'")
    expect(textOfFile(data, machinePaths.jobStartedHook)).toBe(jobWaitHook)
    expect(fileOf(data, machinePaths.jobCompletedHook)).toBeUndefined()
    expect(JSON.parse(textOfFile(data, machinePaths.config))).toEqual(gitlabParts().config)
    const card = { text: 'long', brief: "x's `id` $(id), 0.2 USD/h" }
    const told = decodeUserData(renderPayload({ ...gitlabParts(), card }))
    expect(JSON.parse(textOfFile(told, machinePaths.config))).toMatchObject({
      card: 'xs id $(id), 0.2 USD/h',
    })
    expect(textOfFile(data, machinePaths.agent)).toBe(assetsFromSource('gitlab').agent)
  })

  it('unpacks what its runner comes as, and knows no other', () => {
    const [archive, program] = [parts(), gitlabParts()].map(
      (given) => decodeUserData(renderPayload(given)).boothooks[0]?.text ?? '',
    )
    const ways = ['--file runner.tar.gz', 'chmod 755 gitlab-runner']
    expect(ways.map((way) => archive?.includes(way))).toEqual([true, false])
    expect(ways.map((way) => program?.includes(way))).toEqual([false, true])
  })

  it('is refused when it is too large, with the sizes and the way out', () => {
    const startupScript = Buffer.from(random(40_000).toString('base64'))
    const payload = renderPayload(parts({ startupScript }))
    const { kind, message } = failureOf(() => checkPayload(payload, 16_384, startupScript.length))
    expect(kind).toBe('invalid-input')
    for (const word of [payload.length, 16_384, startupScript.length, 'cloud-startup-script'])
      expect(message).toContain(String(word))
    expect(failureOf(() => checkPayload(payload, 100)).message).toContain('labels')
    expect(() => checkPayload(payload, payload.length)).not.toThrow()
  })
})

const jit = () => ({ forge: 'github', kind: 'jit', config: jitConfig() }) as const

/** The same configuration, formatted in another way than ours. */
function spaced(folded: string): string {
  const files: unknown = JSON.parse(Buffer.from(folded, 'base64').toString('utf8'))
  return Buffer.from(JSON.stringify(files, null, 2)).toString('base64')
}

function gitlabParts(): PayloadParts {
  const { sha256 } = download
  const registration = {
    forge: 'gitlab',
    kind: 'runner',
    url: 'https://gitlab.com',
    token: 'glrt-t1_abcdefghijklmnopqrst',
    id: '41212312',
    executor: 'docker',
    dockerImage: 'ubuntu:24.04',
    dockerVolumes: [],
  } as const
  return {
    ...parts({}, { registration }),
    download: {
      url: 'https://gitlab-runner-downloads.s3.amazonaws.com/v19.4.0/binaries/gitlab-runner-linux-amd64',
      sha256,
      version: '19.4.0',
      node: {
        url: 'https://nodejs.org/dist/v24.11.1/node-v24.11.1-linux-x64.tar.gz',
        sha256: 'fedcba9876543210'.repeat(4),
        version: '24.11.1',
      },
    },
    assets: assetsFromSource('gitlab'),
  }
}

/**
 * As GitHub makes it: Base64 of JSON, file name → Base64 of the file, one of them a 2048-bit RSA key.
 * Source: actions/runner, src/Runner.Listener/Runner.cs and RSAFileKeyManager.cs.
 */
function jitConfig(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' })
  const files = {
    '.runner': {
      agentId: 123456,
      agentName: `cml-${'a'.repeat(20)}`,
      disableUpdate: false,
      poolId: 1,
      poolName: 'Default',
      ephemeral: true,
      serverUrl: `https://pipelinesghubeus1.actions.githubusercontent.com/${'b'.repeat(50)}/`,
      gitHubUrl: 'https://github.com/some-organisation/some-repository',
      workFolder: '_work',
      useV2Flow: true,
      serverUrlV2: 'https://broker.actions.githubusercontent.com/',
    },
    '.credentials': {
      scheme: 'OAuth',
      data: {
        clientId: '01234567-89ab-cdef-0123-456789abcdef',
        authorizationUrl: `https://vstoken.actions.githubusercontent.com/_apis/oauth2/token/01234567-89ab-cdef-0123-456789abcdef`,
        requireFipsCryptography: 'True',
      },
    },
    '.credentials_rsaparams': { d, dp, dq, exponent: e, inverseQ: qi, modulus: n, p, q },
  }
  const encoded = Object.entries(files).map(([name, text]) => [
    name,
    Buffer.from(JSON.stringify(text)).toString('base64'),
  ])
  return Buffer.from(JSON.stringify(Object.fromEntries(encoded))).toString('base64')
}

describe("the agent's bundle", () => {
  it.each(pairs)(
    '($forge, $cloud) is one file of at most 9,900 bytes compressed that needs nothing but Node',
    (pair) => {
      const program = bundleAgent(pair)
      const { agent } = assetsFromSource(pair.forge, pair.cloud)
      expect(gzipSync(agent, { level: 9 }).length).toBeLessThanOrEqual(9900)
      const modules = [...program.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = '']) => name)
      expect(modules.length).toBeGreaterThan(3)
      expect(modules.filter((name) => !isBuiltin(name))).toEqual([])
      // Each asked for once.
      expect(modules).toEqual([...new Set(modules)])
    },
  )
})

describe('the shell on the machine', () => {
  const card = {
    brief: 'x',
    text: "a m7i.large spot: $0.5000 an hour `id` '$(id)', ends at 2026-12-01",
    usdPerHour: 0.5,
  }
  const assets = assetsFromSource()
  const scripts = {
    'fuses.sh': assets.fuses,
    'bootstrap.sh': assets.bootstrap,
    'packages.sh': assets.packages,
    'job-started.sh': jobStartedHook(card),
    'job-completed.sh': jobCompletedHook(card),
    'job-wait.sh': jobWaitHook,
  }
  const sent = decoded()
  const fusesOf = (powerOff: Ground['powerOff']) =>
    decoded({ ground: { powerOff, farewell: 'curl https://cloud.example' } }).boothooks[0]?.text ?? ''
  const compact = {
    'sent-fuses.sh': sent.boothooks[0]?.text ?? '',
    'sent-fuses-stops.sh': fusesOf('stops'),
    'sent-fuses-useless.sh': fusesOf('useless'),
    'sent-fuses-program.sh': decodeUserData(renderPayload(gitlabParts())).boothooks[0]?.text ?? '',
    'sent-bootstrap.sh': printedBy(sent, 'bootstrap'),
    'sent-packages.sh': printedBy(sent, 'packages'),
  }

  it.each(Object.entries({ ...scripts, ...compact }))('%s is what a shell can read', (name, text) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    const shell = text.startsWith('#!/bin/bash') ? 'bash' : 'sh'
    expect(spawnSync(shell, ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })

  const shellcheck = spawnSync('shellcheck', ['--version']).status === 0
  const check = shellcheck ? it.each : it.skip.each
  check(Object.entries(scripts))('shellcheck finds nothing in %s', (name, text) => {
    writeFileSync(join(folder, name), text)
    expect(spawnSync('shellcheck', [join(folder, name)], { encoding: 'utf8' }).stdout).toBe('')
  })

  it.each(['ends', 'stops', 'useless'] as const)(
    'what a machine that powering off %s runs at its end, too',
    (powerOff) => {
      const root = join(folder, `end-${powerOff}`)
      const bin = join(root, 'bin')
      for (const path of [bin, join(root, 'dev')]) mkdirSync(path, { recursive: true })
      for (const name of ['systemctl', 'sysctl'])
        writeFileSync(join(bin, name), '#!/bin/sh\n[ "$2" != is-active ]\n', { mode: 0o755 })
      const env = { PATH: `${bin}:${process.env['PATH']}`, CML_RUNNER_ROOT: root }
      writeFileSync(join(root, 'fuses.sh'), fusesOf(powerOff))
      expect(spawnSync('sh', [join(root, 'fuses.sh')], { env, encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      })
      const end = join(root, machinePaths.state, 'end.sh')
      expect(spawnSync('sh', ['-n', end], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
      if (shellcheck) expect(spawnSync('shellcheck', ['-s', 'sh', end], { encoding: 'utf8' }).stdout).toBe('')
      const unit = readFileSync(join(root, 'run/systemd/system/cml-runner-agent.service'), 'utf8')
      expect(unit.includes('"$$(systemctl is-system-running)" != stopping')).toBe(powerOff !== 'ends')
    },
  )

  it('travels without its comments, indentation and empty lines, and with everything else', () => {
    const kept = (text: string) =>
      text
        .replace(/^#: (?!.*\b(ends|archive)\b).*\n(^(?!#:).*\n)*/gm, '')
        .replace(/^#:.*\n/gm, '')
        .split('\n')
        .filter((line) => !/^\s*(#( |$)|$)/.test(line))
        .map((line) => line.trimStart())
        .concat('')
    const [head = '', , , , fuses = ''] = compact['sent-fuses.sh'].split(
      /^(?:bootstrap|packages)\(\) \{\n|^(?:BOOTSTRAP|PACKAGES)\n\}\n/m,
    )
    expect(head.split('\n')).toHaveLength(4)
    expect(compact['sent-bootstrap.sh'].split('\n')).toEqual(kept(assets.bootstrap))
    expect(fuses.split('\n')).toEqual([...kept(assets.fuses).slice(0, -1), ...startBootstrap.split('\n')])
    expect(compact['sent-packages.sh'].split('\n').slice(0, 2)).toEqual([
      '#!/bin/sh',
      "NEEDS='libicu docker'",
    ])
    expect(compact['sent-packages.sh'].split('\n').slice(2)).toEqual(kept(assets.packages))
  })

  it('knows the places that the agent knows', () => {
    const text = assets.fuses + assets.bootstrap + assets.packages
    for (const path of [machinePaths.home, machinePaths.tree, machinePaths.state, machinePaths.console])
      expect(text).toContain(`$root${path}`)
    expect(text).toContain(`$home/${basename(machinePaths.agent)}`)
    expect(assets.bootstrap).toContain('\ncd "$home"\n')
    for (const path of [machinePaths.nodeDownload, machinePaths.program])
      expect(assets.bootstrap).toContain(` ${basename(path)}`)
    expect(
      [machinePaths.download, machinePaths.digest, machinePaths.nodeDownload, machinePaths.nodeDigest].map(
        (path) => basename(path),
      ),
    ).toEqual(['runner.curl', 'runner.sha256', 'node.curl', 'node.sha256'])
    for (const line of [
      'curl --config "$1.curl"',
      'sha256sum --check --quiet "$1.sha256"',
      'fetch runner',
      'fetch node',
    ])
      expect(assets.bootstrap).toContain(line)
    expect(assets.fuses).toContain('$state/packages-done')
  })

  it('ends the machine although nobody takes what its console is told', () => {
    const root = join(folder, 'mute')
    const bin = join(root, 'bin')
    for (const path of [bin, join(root, 'dev')]) mkdirSync(path, { recursive: true })
    // Whoever opens it for writing waits for a reader for ever.
    execFileSync('mkfifo', [join(root, 'dev/console')])
    for (const name of ['systemctl', 'sysctl', 'sleep'])
      writeFileSync(
        join(bin, name),
        `#!/bin/sh\necho "${name} $*" >>${root}/calls\n[ "$2" != is-active ]\n`,
        { mode: 0o755 },
      )
    const env = { PATH: `${bin}:${process.env['PATH']}`, CML_RUNNER_ROOT: root }
    const run = (...words: string[]) => spawnSync('sh', words, { env, encoding: 'utf8', timeout: 100_000 })
    writeFileSync(join(root, 'fuses.sh'), sent.boothooks[0]?.text ?? '')
    expect(run(join(root, 'fuses.sh'))).toMatchObject({ status: 0, stderr: '' })
    const calls = () => readFileSync(join(root, 'calls'), 'utf8').split('\n')
    expect(calls()).toContain('systemctl start cml-runner-deadline.timer')
    expect(run(join(root, machinePaths.state, 'end.sh'), 'deadline')).toMatchObject({ status: 0, stderr: '' })
    expect(calls()).toContain('systemctl --no-block --job-mode=replace-irreversibly start poweroff.target')
    // Nor where no shell can be started.
    const unit = readFileSync(join(root, 'run/systemd/system/cml-runner-end@.service'), 'utf8')
    expect(unit).toContain('\nFailureAction=poweroff-force\n')
    const timeout = /^TimeoutStopSec=(\d+)$/m.exec(
      readFileSync(join(root, 'run/systemd/system/cml-runner-agent.service'), 'utf8'),
    )
    expect(Number(timeout?.[1]) * 1000).toBeGreaterThan(limits.forcedStop + 30_000)
  })

  it('says why it ends the machine although the console is hung up meanwhile', () => {
    const root = join(folder, 'hung')
    const bin = join(root, 'bin')
    for (const path of [bin, join(root, 'dev')]) mkdirSync(path, { recursive: true })
    const put = (name: string, text: string) =>
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    for (const name of ['systemctl', 'sysctl']) put(name, '[ "$2" != is-active ]')
    // What a terminal answers that was hung up since it was opened.
    put('tee', `[ -e ${root}/once ] && exec /usr/bin/tee "$@"\n: >${root}/once\ncat >/dev/null; exit 1`)
    put('sleep', `until grep -q ending ${root}/dev/console; do /bin/sleep 0.05; done`)
    const env = { PATH: `${bin}:${process.env['PATH']}`, CML_RUNNER_ROOT: root }
    writeFileSync(join(root, 'fuses.sh'), sent.boothooks[0]?.text ?? '')
    spawnSync('sh', [join(root, 'fuses.sh')], { env })
    rmSync(join(root, 'once'), { force: true })
    const words = [join(root, machinePaths.state, 'end.sh'), 'deadline']
    expect(spawnSync('sh', words, { env, encoding: 'utf8', timeout: 100_000 })).toMatchObject({ status: 0 })
    expect(readFileSync(join(root, 'dev/console'), 'utf8')).toMatch(/ ending: its lifetime is over\n$/)
  })

  it('tells jobs their machine, and what they took of it', () => {
    const temp = join(folder, 'job')
    mkdirSync(temp)
    const run = (text: string): string => {
      const path = join(temp, 'hook.sh')
      writeFileSync(path, text)
      return execFileSync('bash', ['-e', path], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, RUNNER_TEMP: temp },
      })
    }
    // The packages are not waited for: what stands before the wait is said at once.
    expect(run(jobStartedHook(card).replace(/^docker\(\)[^]*$/m, 'exit 0'))).toBe(
      'a m7i.large spot: $0.5000 an hour id $(id), ends at 2026-12-01\n',
    )
    const began = Date.now() / 1000 - 3_725
    utimesSync(join(temp, '.cml-runner'), began, began)
    expect(run(jobCompletedHook(card))).toMatch(
      /^This job took 62m \ds, about \$0\.517\d, .*disk +\d+% full\n$/,
    )
    expect(run(jobCompletedHook({ text: '', brief: '' }))).toMatch(
      /^This job took 62m \ds, (memory at its peak \d+ MB, )?disk/,
    )
    expect(spawnSync('bash', ['-e', join(temp, 'hook.sh')], { env: {} })).toMatchObject({ status: 0 })
  })

  it('lets hooks leave their message and never fail a job, even where they can do nothing', () => {
    const root = join(folder, 'hooked')
    const hooks = join(root, 'opt/cml-runner/hooks')
    mkdirSync(hooks, { recursive: true })
    mkdirSync(join(root, machinePaths.hooks), { recursive: true })
    writeFileSync(join(root, machinePaths.packagesDone), '')
    for (const [name, text] of [
      ['job-started.sh', jobStartedHook(card)],
      ['job-completed.sh', jobCompletedHook(card)],
    ] as const) {
      writeFileSync(join(hooks, name), text)
      execFileSync('bash', ['-e', join(hooks, name)], { env: { ...process.env, RUNNER_TEMP: root } })
    }
    expect(readdirSync(join(root, machinePaths.hooks)).map((name) => name.replace(/\d{19}$/, 'N'))).toEqual([
      'completed-N',
      'started-N',
    ])
    rmSync(join(root, machinePaths.hooks), { recursive: true })
    for (const name of readdirSync(hooks))
      expect(spawnSync('bash', ['-e', join(hooks, name)], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      })
  })
})

describe('the startup script option', () => {
  it('is strict Base64, line breaks apart', () => {
    expect(parseStartupScript('ZWNobyBo\naQo=\n').toString()).toBe('echo hi\n')
    for (const bad of ['', '  ', 'echo hi', 'ZWNobyBoaQo', 'ZWNobyBoaQ==x', 'ZWNob-BoaQo=', 'ZWNobyBoaR==']) {
      expect(failureOf(() => parseStartupScript(bad))).toMatchObject({ kind: 'invalid-input' })
    }
  })
})

describe('the ssh key option', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = (type: 'pkcs1' | 'pkcs8') => String(rsa.privateKey.export({ type, format: 'pem' }))

  it('gives the line that OpenSSH knows, from either form of an RSA key', () => {
    const [type, blob, comment] = sshPublicKeyOf(pem('pkcs1')).split(' ')
    expect([type, comment]).toEqual(['ssh-rsa', 'cml-runner'])
    expect(sshPublicKeyOf(`\n${pem('pkcs8')}\n\n`)).toBe(sshPublicKeyOf(pem('pkcs1')))
    const bytes = Buffer.from(blob ?? '', 'base64')
    const fields: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at))
      fields.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)))
    const [, exponent = Buffer.alloc(0), modulus = Buffer.alloc(0)] = fields
    expect(fields).toHaveLength(3)
    const jwk = {
      kty: 'RSA',
      e: exponent.toString('base64url'),
      n: modulus.subarray(1).toString('base64url'),
    }
    expect(createPublicKey({ key: jwk, format: 'jwk' }).equals(rsa.publicKey)).toBe(true)
    expect([modulus[0], (modulus[1] ?? 0) >= 0x80]).toEqual([0, true])
  })

  it('refuses everything else without quoting it', () => {
    const ed25519 = String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const locked = String(
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    )
    for (const bad of [
      'hunter2',
      ed25519,
      locked,
      String(rsa.publicKey.export({ type: 'spki', format: 'pem' })),
    ]) {
      const { kind, message } = failureOf(() => sshPublicKeyOf(bad))
      expect(kind).toBe('invalid-input')
      expect(message).toContain('cloud-ssh-private')
      for (const line of bad.split('\n').filter((text) => text.length > 6 && !text.startsWith('-----')))
        expect(message).not.toContain(line)
    }
  })
})

it('nothing of this file is left behind on the host', () => expect(existsSync('/pwned')).toBe(false))
