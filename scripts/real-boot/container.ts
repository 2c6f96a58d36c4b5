import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

import type { Github } from '../../__tests__/emulators/github/github.ts'
import type { RealMachine, Story } from './story.ts'

/** A container of the tree: a systemd of its own, the host's network. */
export function createContainer(
  tree: string,
  story: Story,
  { payload, github }: { readonly payload: Buffer; readonly github: Github },
): RealMachine {
  const folder = mkdtempSync(join(tmpdir(), 'real-boot-'))
  const root = makeRoot(folder, tree, payload)
  story.prepare?.(root, github)
  const groups = controlGroups(basename(folder), story.processes)
  const journal = (...words: string[]) =>
    execFileSync('journalctl', ['-D', join(root, 'var/log/journal'), '--no-pager', ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  return {
    boot: () => boot(root, groups, story),
    journal: () => journal('-o', 'short-precise', '-n', '80'),
    ownTime: () => {
      const text = journal('-o', 'short-unix', '-u', 'cml-runner-agent.service')
      const at = (words: string) => Number(new RegExp(`^([\\d.]+) .*${words}`, 'm').exec(text)?.[1])
      return at('Listening for Jobs') - at('Started cml-runner-agent')
    },
    discard: () => {
      for (const path of ['root', 'layer']) execFileSync('umount', ['-l', join(folder, path)])
      rmSync(folder, { recursive: true, force: true })
      for (const group of groups) removeGroup(group)
    },
  }
}

/** An overlay of the tree in memory, so small that it can be filled. */
function makeRoot(folder: string, tree: string, payload: Buffer): string {
  const [layer, root] = [join(folder, 'layer'), join(folder, 'root')]
  for (const path of [layer, root]) mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', layer])
  for (const path of ['upper', 'work']) mkdirSync(join(layer, path))
  const options = `lowerdir=${tree},upperdir=${join(layer, 'upper')},workdir=${join(layer, 'work')}`
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, root])
  const seed = join(root, 'var/lib/cloud/seed/nocloud')
  mkdirSync(seed, { recursive: true })
  writeFileSync(join(seed, 'user-data'), payload)
  writeFileSync(join(seed, 'meta-data'), 'instance-id: i-real\n')
  return root
}

/**
 * Control groups of its own, so that containers run side by side: systemd-nspawn, told to keep its unit, makes two of fixed names
 * below the one it is started in. Where the host has a hierarchy for numbers of processes, also one in that.
 */
function controlGroups(name: string, processes: number | undefined): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const own = readFileSync('/proc/self/cgroup', 'utf8')
  const make = (type: string, option: string, path: string) => {
    const mount = mounts
      .map((line) => line.split(' '))
      .find(([, , kind, options = '']) => kind === type && options.split(',').includes(option))?.[1]
    if (!mount) throw new Error(`no control groups: ${type} ${option}`)
    const folder = join(mount, path, name)
    mkdirSync(folder)
    return folder
  }
  const pathOf = (line: RegExp) => line.exec(own)?.[1] ?? '/'
  const groups = [make('cgroup2', 'rw', pathOf(/^0::(.*)$/m))]
  if (processes === undefined) return groups
  const counted = make('cgroup', 'pids', pathOf(/^\d+:pids:(.*)$/m))
  writeFileSync(join(counted, 'pids.max'), String(processes))
  return [...groups, counted]
}

function removeGroup(group: string): void {
  try {
    // Of a machine whose time was over.
    if (existsSync(join(group, 'cgroup.kill'))) writeFileSync(join(group, 'cgroup.kill'), '1')
    const below = execFileSync('find', [group, '-mindepth', '1', '-depth', '-type', 'd'], {
      encoding: 'utf8',
    })
    for (const path of [...below.split('\n').filter(Boolean), group]) rmdirSync(path)
  } catch {
    // What is left is empty and harms nobody.
  }
}

/** Beside the root, which may be full. */
function identityFile(root: string, identity: string): string {
  const path = join(dirname(root), 'product-uuid')
  writeFileSync(path, `${identity}\n`)
  return path
}

function boot(
  root: string,
  groups: readonly string[],
  { within: limit, identity, options: more = [] }: Story,
): Promise<{ status: number | string; console: string }> {
  const options = [
    '--boot',
    '--register=no',
    '--keep-unit',
    '--console=read-only',
    '--link-journal=no',
    '--resolv-conf=off',
    `--bind-ro=${dirname(process.execPath)}`,
    ...(identity
      ? ['--tmpfs=/sys/class', `--bind-ro=${identityFile(root, identity)}:/sys/class/dmi/id/product_uuid`]
      : []),
    ...more,
  ]
  const join = groups.map((group) => `echo $$ >'${group}/cgroup.procs' && `).join('')
  const command = `${join}exec systemd-nspawn -q -D "$@"`
  const child = spawn('/bin/sh', ['-c', command, 'container', root, ...options], {
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return ended(child, limit)
}

/** Everything a program printed until its end, which comes after so many seconds at the latest. */
export function ended(
  child: ReturnType<typeof spawn>,
  limit: number,
): Promise<{ status: number | string; console: string }> {
  let console = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (console += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000)
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ status: code ?? signal ?? 'unknown', console: console.replace(/\r/g, '') })
    }),
  )
}
