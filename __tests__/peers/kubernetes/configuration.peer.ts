import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { realCluster, type NamespaceCloud } from './cluster-side.ts'
import { ControlPlane } from './control-plane.ts'
import { findPrograms } from './programs.ts'

const programs = findPrograms()
const withPrograms = programs === undefined ? describe.skip : describe

const unshare = ['unshare', '--mount', '--map-root-user'] as const
// Not every system lets everybody have mounts of their own.
const ownMounts = spawnSync(unshare[0], [...unshare.slice(1), 'mount', '-t', 'tmpfs', 'none', '/run'])
const withMounts = ownMounts.status === 0 ? test : test.skip

const root = join(import.meta.dirname, '../../..')
const product = [
  process.execPath,
  '--import',
  join(root, 'scripts/typescript.mjs'),
  join(import.meta.dirname, 'resolve-here.ts'),
]

withPrograms('the product finds its way into a real cluster', () => {
  let plane: ControlPlane
  let cloud: NamespaceCloud

  beforeAll(async () => {
    plane = await ControlPlane.start(programs ?? '')
    cloud = (await realCluster(async () => plane).side.start()) as unknown as NamespaceCloud
  })

  afterAll(async () => {
    await cloud?.close()
    await plane?.stop()
  })

  async function namespaces(words: readonly string[], env: Readonly<Record<string, string>>) {
    const [program = '', ...rest] = words
    const HOME = join(plane.folder, 'nobody')
    const { stdout } = await promisify(execFile)(program, rest, {
      env: { PATH: process.env.PATH, HOME, ...env },
    })
    return stdout
  }

  const file = (name: string, text: string): string => {
    const path = join(plane.folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  /** The authority is a file beside it. */
  const kubeconfig = (): string => {
    const config = JSON.parse(plane.kubeconfig(cloud.token, cloud.namespace))
    config.clusters[0].cluster = { server: plane.url, 'certificate-authority': 'certs/apiserver.crt' }
    return JSON.stringify(config)
  }

  test('by a file that names others beside it', async () => {
    const KUBECONFIG = file('by-file', kubeconfig())
    expect(await namespaces(product, { KUBECONFIG })).toBe(cloud.namespace)
  })

  test('by the file in the home folder', async () => {
    const HOME = join(plane.folder, 'home')
    file('home/.kube/config', plane.kubeconfig(cloud.token, cloud.namespace))
    expect(await namespaces(product, { HOME })).toBe(cloud.namespace)
  })

  withMounts('by the service account of the pod that it runs in', async () => {
    const account = { 'ca.crt': plane.ca, token: cloud.token, namespace: cloud.namespace }
    for (const [name, text] of Object.entries(account)) file(`account/${name}`, text)
    const place = '/run/secrets/kubernetes.io/serviceaccount'
    const script = `mount -t tmpfs none /run && mkdir -p ${place} && cp "$ACCOUNT"/* ${place} && exec "$@"`
    const { hostname, port } = new URL(plane.url)
    const env = {
      ACCOUNT: join(plane.folder, 'account'),
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    }
    const words = [...unshare, 'sh', '-c', script, 'sh', ...product]
    expect(await namespaces(words, env)).toBe(cloud.namespace)
  })

  test('by nothing it does not', async () => {
    await expect(namespaces(product, {})).rejects.toThrow(/there is none/)
  })
})
