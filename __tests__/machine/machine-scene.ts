import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from '@jest/globals'

import {
  agentConfigVersion,
  milestonePattern,
  type AgentConfig,
  type Registration,
} from '../../src/machine/agent-config.ts'
import { renderPayload, type PayloadParts } from '../../src/machine/payload.ts'
import { Imds } from '../emulators/ec2/metadata.ts'
import { startGithub, type Github, type Job } from '../emulators/github/github.ts'
import type { MachineSpec } from '../emulators/machine-port.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import { createMachineBoot, type Machine, type MachineOptions } from '../emulators/machine/machine.ts'
import { processesIn } from '../emulators/machine/processes.ts'
import { serve, type Served } from './downloads.ts'

const repository = 'octo-org/octo-repo'
export const name = 'cml-life'
export const launchTimeout = 600

export interface Wish {
  readonly config?: Partial<AgentConfig>
  readonly parts?: Partial<PayloadParts>
  readonly machine?: MachineOptions
  readonly spec?: Partial<MachineSpec> | ((userData: Buffer) => Partial<MachineSpec>)
}

type Sent = Pick<PayloadParts, 'download' | 'assets'> & { readonly config: Pick<AgentConfig, 'registration'> }

/** Machines of one test: many tests run at once, because most of a machine's life is waiting. */
export class Machines {
  readonly folder = mkdtempSync(join(tmpdir(), 'life-'))
  readonly machines: Machine[] = []

  protected start(
    { config: asked, ...sent }: Sent,
    { config = {}, parts = {}, machine: options = {}, spec = {} }: Wish,
  ): Machine {
    const userData = renderPayload({
      ...sent,
      config: {
        ...plainConfig,
        expiresAt: Date.now() / 1000 + 86_400,
        startupScript: parts.startupScript !== undefined,
        ...asked,
        ...config,
      },
      launchTimeout,
      ground: { powerOff: 'ends', farewell: '' },
      carrier: 'cloud-init',
      ...parts,
    })
    const start = createMachineBoot({ folder: this.folder, hurry: true, docker: true, ...options })
    const machine = start({
      instanceId: 'i-1',
      userData,
      carrier: 'cloud-init',
      metadata: new Imds({ instanceId: 'i-1', region: 'us-west-1', userData }),
      bootDelay: 0,
      ...(typeof spec === 'function' ? spec(userData) : spec),
    })
    this.machines.push(machine)
    return machine
  }

  /** Whatever a test was about, this must hold after it. */
  async close(): Promise<void> {
    await Promise.all(this.machines.map((machine) => machine.terminate()))
    const left = processesIn(this.folder)
    rmSync(this.folder, { recursive: true, force: true })
    expect(this.machines.flatMap(({ refused }) => refused)).toEqual([])
    expect(left).toEqual([])
  }
}

/** A GitHub and its machines. */
export class Scene extends Machines {
  readonly github: Github
  readonly #served: Served[] = []

  constructor(github: Github) {
    super()
    this.github = github
  }

  async #api(path: string, body?: unknown): Promise<Record<string, unknown>> {
    const headers = {
      authorization: `Bearer ${this.github.token()}`,
      'user-agent': 'test',
      accept: 'application/vnd.github+json',
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    }
    const url = `${this.github.apiUrl}/repos/${repository}/actions/runners/${path}`
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect(answer.status).toBe(201)
    return (await answer.json()) as Record<string, unknown>
  }

  async token(seconds = 3600): Promise<Extract<Registration, { kind: 'token' }>> {
    const { token } = await this.#api('registration-token')
    const expiresAt = Date.now() / 1000 + seconds
    return {
      forge: 'github',
      kind: 'token',
      url: `https://github.com/${repository}`,
      token: String(token),
      expiresAt,
    }
  }

  async jit(): Promise<Registration> {
    const labels = ['self-hosted', 'Linux', 'X64', 'cml']
    const { encoded_jit_config: config } = await this.#api('generate-jitconfig', {
      name,
      runner_group_id: 1,
      labels,
    })
    return { forge: 'github', kind: 'jit', config: String(config) }
  }

  job(run: string, more: object = {}): Job {
    return this.github.queueJob({ name: 'train', labels: ['cml'], steps: [{ run }], ...more })
  }

  /** The runner's archive from somewhere else than GitHub; see downloads.ts. */
  async serve(...what: Parameters<typeof serve>): Promise<Served> {
    const served = await serve(...what)
    this.#served.push(served)
    return served
  }

  async boot(wish: Wish = {}): Promise<Machine> {
    const registration = wish.config?.registration ?? (await this.token())
    const download = { ...this.github.archive(), version: '2.336.0' }
    return this.start({ config: { registration }, download, assets: assetsFromSource() }, wish)
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      for (const served of this.#served) served.close()
      await this.github.close()
    }
  }
}

export const plainConfig = {
  version: agentConfigVersion,
  identity: 'abcdefghijklmnopqrst',
  cloud: 'aws',
  name,
  labels: ['cml'],
  single: false,
  idleTimeout: 3,
  proxy: {},
}

export const live = (title: string, story: (scene: Scene) => Promise<void>): void =>
  it.concurrent(title, async () => {
    const scene = new Scene(await startGithub())
    try {
      await story(scene)
    } finally {
      await scene.close()
    }
  })

/** Resolves once the console has a line of that milestone. */
export const until = (machine: Machine, milestone: string) =>
  machine.until(() => milestones(machine).includes(milestone))

/** The heartbeat has taken over from the boot timer. */
export const handedOver = (machine: Machine) =>
  machine.until(
    () =>
      milestones(machine).includes('listening') &&
      !machine.systemd.active().includes('cml-runner-boot.timer'),
  )

/** One word of it is not believed; minutes later another one is. */
export async function disowned(machine: Machine): Promise<void> {
  await machine.until(() => machine.console().includes('its registration is gone; trying again'))
  machine.passTime(180)
}

export function lines(machine: Machine): { milestone: string; text: string }[] {
  return machine
    .console()
    .split('\n')
    .flatMap((line) => {
      const [, , milestone = '', text = ''] = milestonePattern.exec(line) ?? []
      return milestone ? [{ milestone, text }] : []
    })
}

export const milestones = (machine: Machine) => lines(machine).map(({ milestone }) => milestone)
export const textOf = (machine: Machine, milestone: string) =>
  lines(machine).find((line) => line.milestone === milestone)?.text ?? ''
export const bootOnly = ['timers', 'fetching', 'fetched']

/** What the agent is told of its cloud, and jobs are not. */
export const cloudVariables = ({ spec }: Machine) => Object.keys(spec.metadata.variables(''))
