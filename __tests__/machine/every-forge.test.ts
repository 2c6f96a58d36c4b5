import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect } from '@jest/globals'

import * as machinePaths from '../../src/machine/paths.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { commandsOf, environmentOf, signal } from '../emulators/machine/processes.ts'
import { everyForge, type MachineJob, type MachineWords } from './forge-words.ts'
import { bootOnly, milestones, textOf, until } from './machine-scene.ts'

/** Resolves when the job is over; rejects when its machine is gone first. */
const over = (job: MachineJob, machine: Machine): Promise<unknown> =>
  Promise.race([
    job.completed,
    machine.ended.then(() => {
      throw new Error(`the machine ended first:\n${machine.console()}\n${job.text}`)
    }),
  ])

const timesToldToEnd = ({ journal }: Machine, { toldToEnd }: MachineWords): number =>
  toldToEnd ? (journal.match(toldToEnd) ?? []).length : 0

describe('a machine', () => {
  everyForge(
    'never shows its token in an argument, in a log or on the disk once it runs, and takes its registration away by its power button',
    async (words) => {
      const machine = await words.boot({ config: { idleTimeout: null } })
      await words.listening(machine)
      const token = words.secret()
      expect(token.length).toBeGreaterThan(10)
      const pids = machine.processes()
      const arguments_ = [...commandsOf(pids), ...machine.commands].flat()
      expect(arguments_.length).toBeGreaterThan(10)
      expect(arguments_.filter((word) => word.includes(token))).toEqual([])
      expect(machine.console() + machine.journal).not.toContain(token)
      expect(existsSync(join(machine.root, machinePaths.config))).toBe(false)
      const holders = pids.filter((pid) =>
        Object.values(environmentOf(pid)).some((text) => text.includes(token)),
      )
      expect(holders).toHaveLength(words.holders)
      machine.pressPowerButton()
      expect(await machine.ended).toBe('powered-off')
      expect(existsSync(join(machine.root, machinePaths.request))).toBe(false)
      expect(words.registrations()).toEqual([])
    },
  )

  everyForge(
    'whose startup script fails ends with its last words and leaves no registration; bash runs it where it has no first line',
    async (words) => {
      const script = 'array=(one two); echo "${array[1]}"; echo "disk is missing" >&2; exit 7'
      const machine = await words.boot({ parts: { startupScript: Buffer.from(script) } })
      expect(await machine.ended).toBe('powered-off')
      expect(milestones(machine)).toEqual(expect.arrayContaining([...bootOnly, 'startup-script', 'failed']))
      expect(milestones(machine)).not.toContain('registering')
      expect(textOf(machine, 'failed')).toBe('the startup script ended with 7: two / disk is missing')
      expect(machine.console()).toContain('  | two\n  | disk is missing\n')
      expect(words.registrations()).toEqual([])
    },
  )

  everyForge('whose agent dies takes runner and a job along that ignores what it is told', async (words) => {
    const job = words.job("trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done")
    const machine = await words.boot({ config: { idleTimeout: null } })
    await words.until(() => job.text.includes('deaf'))
    signal([machine.agentProcess() ?? -1], 'SIGKILL')
    expect(await machine.ended).toBe('powered-off')
    // It does not wait for its console, and may be off before it has told why.
    expect(['the agent has stopped', '']).toContain(textOf(machine, 'ending'))
  })
})

describe('a machine that the cloud takes away', () => {
  everyForge('ends the running job as interrupted, and its registration', async (words) => {
    const job = words.job('echo working; sleep 60')
    const machine = await words.boot({ config: { idleTimeout: null }, machine: { keep: true } })
    await words.until(() => job.text.includes('working'))
    machine.spec.metadata.announce('end')
    await over(job, machine)
    expect(job.end).toBe(words.ends.interrupted)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toMatch(
      /^the spot market takes the machine \(terminate at 20.*Z\)$/,
    )
    // One signal: a second would have ended it before it could tell.
    expect(timesToldToEnd(machine, words)).toBe(words.toldToEnd ? 1 : 0)
    expect(words.registrations()).toEqual([])
  })

  everyForge(
    'lets the running job finish when it only warns, takes no other, and leaves then',
    async (words) => {
      const flag = join(words.folder, 'enough')
      const job = words.job(`echo working; until [ -e ${flag} ]; do sleep 0.1; done; echo finished`)
      const machine = await words.boot({ config: { idleTimeout: null }, machine: { keep: true } })
      await words.until(() => job.text.includes('working'))
      machine.spec.metadata.announce('risk')
      machine.passTime(10)
      await until(machine, 'interrupted')
      await words.warned(machine)
      expect(milestones(machine)).not.toContain('ending')
      const next = words.takesNoOther ? words.job('echo never') : undefined
      writeFileSync(flag, '')
      await over(job, machine)
      expect([job.end, job.text]).toEqual([words.ends.done, expect.stringContaining('finished')])
      expect(await machine.ended).toBe('powered-off')
      expect(next?.waits).not.toBe(false)
      expect(timesToldToEnd(machine, words)).toBe(0)
      expect(textOf(machine, 'interrupted')).toBe('the spot market may soon take the machine')
      expect(textOf(machine, 'ending')).toBe(textOf(machine, 'interrupted'))
      expect(milestones(machine).filter((milestone) => milestone === 'job-started')).toHaveLength(1)
      expect(words.registrations()).toEqual([])
    },
  )
})
