import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'

import { afterAll, describe, expect, it } from '@jest/globals'
import { generate } from 'selfsigned'

import { ownAuthorities, proxyOf, publicAuthorities } from '../../src/entry/surroundings.ts'
import { levelledLog } from '../../src/hosts/log-level.ts'
import { authorityName, parseCertificates, unusual } from '../../src/machine/certificates.ts'

type Wishes = Parameters<typeof proxyOf>[0]

function wayOut(variables: Record<string, string>, wishes: Partial<Wishes> = {}) {
  const warnings: string[] = []
  const log = levelledLog((level, text) => void (level === 'warn' && warnings.push(text)))
  const none = { 'machine-proxy': undefined, 'machine-no-proxy': undefined }
  return { proxy: proxyOf({ ...none, ...wishes }, variables, log), warnings }
}

const squid = 'http://squid.internal:3128'

describe("the machine's way out", () => {
  it("is the launcher's own where nothing else is asked for, with its exceptions", () => {
    const variables = { HTTPS_PROXY: squid, http_proxy: 'http://other:80', NO_PROXY: '.internal,10.0.0.0/8' }
    expect(wayOut(variables)).toEqual({
      proxy: { https: squid, http: 'http://other:80', no: '.internal,10.0.0.0/8' },
      warnings: [],
    })
    expect(wayOut({ ...variables, NO_PROXY: '*' }).proxy).toEqual({})
  })

  it('leaves a password at home, and says so', () => {
    const { proxy, warnings } = wayOut({ HTTPS_PROXY: 'http://me:hunter2@squid.internal:3128' })
    expect(proxy.https).toBe(`${squid}/`)
    expect(warnings).toEqual([expect.stringContaining('The proxy credentials are not passed on')])
  })

  it.each([
    'http://127.0.0.1:3128',
    'http://127.1:3128',
    'socks5://127.0.3.4:1080',
    '127.0.0.1:3128',
    'http://localhost:3128',
    'http://LOCALHOST.:3128',
    'http://px.localhost:3128',
    'http://[::1]:3128',
    'http://[::ffff:127.0.0.1]:3128',
    'http://0.0.0.0:3128',
    'http://[::]:3128',
    'http://[fe80::1]:3128',
    'http://169.254.1.1:3128',
    'http://host.docker.internal:3128',
    'http://gateway.docker.internal:3128',
    'http://docker.for.mac.localhost:3128',
    'http://host.containers.internal:3128',
  ])("is never a proxy on the launcher's own machine: %s", (address) => {
    const { proxy, warnings } = wayOut({ HTTPS_PROXY: address, NO_PROXY: 'github.com' })
    expect(proxy).toEqual({})
    expect(warnings).toEqual([expect.stringContaining('HTTPS_PROXY names a proxy on this job')])
  })

  it.each(['http://squid.internal:3128', 'http://10.0.0.1:3128', 'http://[fd00::1]:3128', 'http://12.7.0.1'])(
    'may be any other: %s',
    (address) => expect(wayOut({ HTTPS_PROXY: address }).proxy.https).toBe(address),
  )

  it("is the one that was asked for, and nothing of the launcher's goes with it", () => {
    const variables = { HTTPS_PROXY: 'http://127.0.0.1:3128', NO_PROXY: 'github.com' }
    expect(wayOut(variables, { 'machine-proxy': squid })).toEqual({
      proxy: { http: squid, https: squid, no: 'localhost,127.0.0.1,::1' },
      warnings: [],
    })
    const exceptions = { 'machine-no-proxy': ['.internal', '10.0.0.0/8'] }
    expect(wayOut(variables, { 'machine-proxy': squid, ...exceptions }).proxy.no).toBe('.internal,10.0.0.0/8')
    expect(wayOut({ HTTPS_PROXY: squid, NO_PROXY: 'github.com' }, exceptions).proxy.no).toBe(
      '.internal,10.0.0.0/8',
    )
  })

  it('is direct when that is asked for', () => {
    const variables = { HTTPS_PROXY: squid, NO_PROXY: 'github.com' }
    expect(wayOut(variables, { 'machine-proxy': 'none' })).toEqual({ proxy: {}, warnings: [] })
    const { warnings } = wayOut(variables, { 'machine-proxy': 'none', 'machine-no-proxy': ['a'] })
    expect(warnings).toEqual([expect.stringContaining('`machine-no-proxy` has no effect')])
  })
})

describe('authorities of one’s own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'authorities-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const authority = async (value: string) => (await generate([{ name: 'commonName', value }])).cert

  it('are told from public ones that Node has dropped by where distributions keep those', async () => {
    const [dropped, listed, company] = await Promise.all(['dropped', 'listed', 'company'].map(authority))
    mkdirSync(join(folder, 'mozilla'))
    writeFileSync(join(folder, 'mozilla/dropped.crt'), dropped!)
    writeFileSync(join(folder, 'bundle.p11-kit'), `[p11-kit-object-v1]\n${listed}\n`)
    const paths = ['mozilla', 'bundle.p11-kit', 'absent'].map((name) => join(folder, name))
    const known = await publicAuthorities(paths)
    const bundle = parseCertificates([dropped, listed, company].join('\n'))
    expect(unusual(bundle, known).map(authorityName)).toEqual(['company'])
  })

  it('alone travel, each once', async () => {
    const company = await authority('company')
    const log = levelledLog(() => undefined)
    const own = await ownAuthorities([...rootCertificates, company, company].join('\n'), log)
    expect(own.map(authorityName)).toEqual(['company'])
  })
})
