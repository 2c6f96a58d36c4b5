import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

import { giveBackWorkFolder, prepareWorkFolder } from '../../src/agent/work-folder.ts'
import type { AgentConfig } from '../../src/machine/agent-config.ts'
import * as machinePaths from '../../src/machine/paths.ts'

let folder = ''
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'work-folder-')))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const place = (workdir?: string, user: { uid: number; gid: number } = own) => ({
  root: folder,
  config: (workdir === undefined ? {} : { workdir }) as AgentConfig,
  user: { ...user, home: '/home/runner', path: '/usr/bin:/bin' },
  environment: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
  journal: (line: string) => void journal.push(line),
})
const journal: string[] = []

describe('the work folder', () => {
  it("is made, where the runner's own folder would have it or where the user wants it", () => {
    prepareWorkFolder(place())
    expect(existsSync(join(folder, 'opt/actions-runner/_work'))).toBe(true)
    const wanted = join(folder, 'mnt/a b; touch x')
    const prepared = prepareWorkFolder(place(wanted))
    expect(prepared.path).toBe(wanted)
    expect(prepareWorkFolder(place(wanted))).toEqual(prepared)
  })

  it('may lie behind a link that the image has', () => {
    mkdirSync(join(folder, 'mnt/disk'), { recursive: true })
    symlinkSync(join(folder, 'mnt/disk'), join(folder, 'data'))
    expect(prepareWorkFolder(place(join(folder, 'data/work'))).path).toBe(join(folder, 'mnt/disk/work'))
  })

  it("is never somebody else's", () => {
    const taken = join(folder, 'taken')
    mkdirSync(join(taken, 'full'), { recursive: true })
    // The folder is this user's own, so that a test that fails changes nothing of the host.
    expect(() => prepareWorkFolder(place(taken, { ...own, uid: own.uid + 1 }))).toThrow(
      `${taken} exists, is not empty and belongs to another user`,
    )
  })

  it('is given back by names inside of each folder, never through a link', async () => {
    mkdirSync(join(folder, 'bin'))
    const say = `for word; do echo "$PWD $word" >>'${folder}/calls'; done`
    writeFileSync(join(folder, 'bin/chown'), `#!/bin/sh\n${say}\n`)
    chmodSync(join(folder, 'bin/chown'), 0o755)
    const work = prepareWorkFolder(place())
    mkdirSync(join(work.path, 'repo'))
    writeFileSync(join(work.path, 'repo/file name'), '')
    symlinkSync('/etc', join(work.path, 'repo/link'))
    await giveBackWorkFolder(place(undefined, { uid: 54_321, gid: 54_321 }), work)
    const calls = readFileSync(join(folder, 'calls'), 'utf8')
    expect(calls).toContain(`${work.path}/repo ./link`)
    expect(calls).toContain(`${work.path}/repo ./file name`)
    expect(calls).toContain('-h')
    expect(calls).not.toContain('passwd')
  })
})

const isRoot = process.getuid?.() === 0
if (!isRoot) console.log('work-folder.test.ts: what only root can show is left out')

/** A user of no name here: what is not this one's stays a stranger's. */
const runner = { uid: 54_321, gid: 54_321 }
const stranger = { uid: 54_322, gid: 54_322 }

;(isRoot ? describe : describe.skip)('root, giving a work folder back', () => {
  /** As a job does it, without root. */
  const asJob = (script: string) =>
    execFileSync('/bin/sh', ['-euc', script], { cwd: tree(), ...runner, stdio: 'pipe' })
  const tree = () => join(folder, machinePaths.tree)
  const ownerOf = (path: string) => lstatSync(path).uid

  /** A machine on which the runner's user has its tree, and a system that is not its own. */
  function machine(workdir?: string) {
    chmodSync(folder, 0o755)
    mkdirSync(tree(), { recursive: true })
    chownSync(tree(), runner.uid, runner.gid)
    for (const name of ['lib', 'etc', 'cache', '_work', 'work'])
      mkdirSync(join(folder, 'system', name, 'deep'), { recursive: true })
    writeFileSync(join(folder, 'system/etc/shadow'), '')
    writeFileSync(join(folder, 'system/lib/shadow'), '')
    const work = prepareWorkFolder(place(workdir, runner))
    return { work, giveBack: () => giveBackWorkFolder(place(workdir, runner), work) }
  }

  const untouched = () => {
    const found = execFileSync('find', [join(folder, 'system'), '-user', String(runner.uid)], {
      encoding: 'utf8',
    })
    expect(found).toBe('')
  }

  it.each([undefined, 'data/lib', '../../mnt/work', './_work'])(
    'returns what strangers left in it, links themselves included (workdir %s)',
    async (workdir) => {
      const { work, giveBack } = machine(workdir)
      mkdirSync(join(work.path, 'repo/deep'), { recursive: true })
      writeFileSync(join(work.path, 'repo/deep/file'), '')
      symlinkSync(join(folder, 'system/etc/shadow'), join(work.path, 'repo/link'))
      const left = ['repo', 'repo/deep', 'repo/deep/file', 'repo/link'].map((path) => join(work.path, path))
      for (const path of left) lchownSync(path, stranger.uid, stranger.gid)
      await giveBack()
      expect(left.map(ownerOf)).toEqual(left.map(() => runner.uid))
      untouched()
    },
  )

  it.each([
    ['data/lib', "mv data data.old; ln -s '../../system' data"],
    ['data/lib', "rm -r data/lib; ln -s '../../../system/lib' data/lib"],
    ['data/etc/deep', "mv data data.old; mkdir data; ln -s '../../../system/etc' data/etc"],
    ['_work', "mv _work old; ln -s '../../system/_work' _work"],
    [undefined, "mv _work old; ln -s '../../system/_work' _work"],
    [undefined, 'rm -r _work; touch _work'],
    [undefined, 'rm -r _work'],
  ])('walks nothing where a job has put something else (workdir %s, %s)', async (workdir, attack) => {
    const { work, giveBack } = machine(workdir)
    // Made by root, below a folder that is the runner's.
    execFileSync('chown', ['-R', `${runner.uid}:${runner.gid}`, tree()])
    writeFileSync(join(work.path, 'left'), '')
    asJob(attack)
    journal.length = 0
    await giveBack()
    untouched()
    expect(journal).toEqual([expect.stringContaining(`${work.path} is not the work folder any more`)])
  })

  it('does not take another folder of the same path for the one that was prepared', async () => {
    const { work, giveBack } = machine()
    asJob('mv _work old; mkdir _work')
    mkdirSync(join(work.path, 'of-others'))
    await giveBack()
    expect(ownerOf(join(work.path, 'of-others'))).toBe(0)
  })

  it('leaves a file alone that has another name elsewhere', async () => {
    const { work, giveBack } = machine()
    linkSync(join(folder, 'system/etc/shadow'), join(work.path, 'mine'))
    writeFileSync(join(work.path, 'left'), '')
    await giveBack()
    expect(ownerOf(join(work.path, 'left'))).toBe(runner.uid)
    untouched()
  })
})
