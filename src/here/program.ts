import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { run } from '../agent/run.ts'
import { fetchFile, NotServed } from '../lib/download.ts'
import { explainNetwork, networkTroubleOf, passingTrouble } from '../lib/network.ts'
import { retry } from '../lib/retry.ts'
import type { Download } from '../machine/agent-config.ts'
import * as machinePaths from '../machine/paths.ts'
import { Failure } from '../model/failure.ts'
import type { Ports } from '../ports.ts'
import type { Home } from './home.ts'
import type { HereOrder } from './order.ts'

/** ms of silence after which a publisher counts as lost. */
const patience = 30_000

/** The forge's program in the runner's folder, as its publisher has it: fetched once, verified by its digest, and unpacked anew when it changed. */
export async function layProgram(home: Home, order: HereOrder, ports: Ports): Promise<void> {
  const download = await ports.forge.download(order.platform, ports.signal)
  if (download.bearer) ports.host.mask(download.bearer)
  const isArchive = new URL(download.url).pathname.endsWith('.tar.gz')
  const there = await readFile(home.marker, 'utf8').catch(() => '')
  if (isArchive && there === download.sha256) return forgetSettings(home, order)
  const file = await fetched(home, download, order, ports)
  await rm(home.marker, { force: true })
  if (isArchive) await unpack(file, home, order)
  else await laySingle(file, home)
  await writeFile(home.marker, download.sha256)
  await forgetSettings(home, order)
}

/** What an earlier runner left in the program's folder: with it the program takes itself for registered. */
async function forgetSettings({ tree }: Home, { own }: HereOrder): Promise<void> {
  await Promise.all(own.settings.map((name) => rm(join(tree, name), { force: true })))
}

/** The file in the store that runners of this machine share. Others of the same kind are older versions, and go. */
async function fetched(home: Home, download: Download, order: HereOrder, ports: Ports): Promise<string> {
  const { sha256, version } = download
  const { clock, host, signal } = ports
  const kind = `${ports.forge.name}-`
  const path = join(home.store, `${kind}${sha256}`)
  await mkdir(home.store, { recursive: true, mode: 0o755 })
  if ((await digestOf(path)) === sha256) return path
  const part = `${path}.${process.pid}.part`
  const host_ = new URL(download.url).host
  host.log.info(`Fetching the runner program ${version} from ${host_}.`)
  const policy = { clock, log: host.log, pause: 1000, longest: 20_000, again: againAfter(host_), signal }
  try {
    const came = await retry(policy, () =>
      fetchFile({ ...download, path: part, variables: order.variables, patience, signal }),
    ).catch((error: unknown) => {
      throw unfetched(error, download, signal)
    })
    if (came !== sha256) throw notAsPublished(download, came)
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
  const others = (await readdir(home.store)).filter(
    (name) => name.startsWith(kind) && !name.endsWith('.part') && name !== basename(path),
  )
  await Promise.all(others.map((name) => rm(join(home.store, name), { force: true })))
  return path
}

function againAfter(host: string) {
  return (error: unknown) => {
    if (error instanceof NotServed)
      return (error.status === 429 || error.status >= 500) && { why: error.message, patience: 120_000 }
    const trouble = networkTroubleOf(error)
    return trouble !== undefined && passingTrouble(trouble, host)
  }
}

function unfetched(error: unknown, { url }: Download, signal: AbortSignal): unknown {
  if (signal.aborted) return error
  const tried = `fetch the runner program from ${new URL(url).host}`
  const trouble = networkTroubleOf(error)
  const words = { ownServer: 'a server of one’s own', incidents: '' }
  const told = trouble
    ? { said: trouble.message, code: trouble.code, ...explainNetwork(trouble.code, url, words) }
    : error instanceof NotServed
      ? { said: error.message, fix: 'try again; behind a proxy or a mirror, look there.' }
      : undefined
  return told ? new Failure('unavailable', { tried, ...told }, { cause: error }) : error
}

function notAsPublished({ url, sha256 }: Download, came: string): Failure {
  return new Failure('failed-precondition', {
    tried: `verify the runner program from ${url}`,
    said: `its SHA-256 is ${came}, and its publisher gives ${sha256}`,
    why: 'A proxy or a mirror may have changed it, or it was cut off.',
    fix: 'try again; when it stays so, look at what stands between this machine and its publisher.',
  })
}

async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

/** The work folder stays: what jobs keep there (checkouts, tools) saves the next ones their time. */
async function unpack(file: string, { tree, folder }: Home, { user }: HereOrder): Promise<void> {
  const fresh = join(folder, 'unpacking')
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true, mode: 0o755 })
  const { status, lines } = await run(['tar', '-xzf', file, '-C', fresh, '--no-same-owner'], {})
  if (status !== 0)
    throw new Failure('failed-precondition', {
      tried: `unpack the runner program into ${fresh}`,
      said: `tar ended with ${status}: ${lines.slice(-2).join(' / ')}`,
      fix: 'look for room on that disk, and that `tar` and `gzip` are installed.',
    })
  // Before anything of a job is in it.
  if (user) await run(['chown', '-R', '-h', `${user.uid}:${user.gid}`, fresh], {})
  await rename(join(tree, '_work'), join(fresh, '_work')).catch(() => undefined)
  await rm(tree, { recursive: true, force: true })
  await rename(fresh, tree)
}

/** Where a launched machine holds a job back for a moment, here nothing has to be waited for. */
const noHook = '#!/bin/sh\nexit 0\n'

/** One file: laid anew each time, since jobs of the same user could have changed it. */
async function laySingle(file: string, { folder, tree }: Home): Promise<void> {
  const program = join(folder, basename(machinePaths.program))
  const hook = folder + machinePaths.jobStartedHook.slice(machinePaths.home.length)
  await mkdir(dirname(hook), { recursive: true, mode: 0o755 })
  await writeFile(hook, noHook, { mode: 0o755 })
  await mkdir(tree, { recursive: true, mode: 0o755 })
  await rm(program, { force: true })
  await copyFile(file, program)
  await chmod(program, 0o755)
}
