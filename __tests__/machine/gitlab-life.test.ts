import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import { agentConfigVersion, type AgentConfig, type Registration } from '../../src/machine/agent-config.ts'
import { machinePaths } from '../../src/machine/paths.ts'
import { renderPayload, type PayloadParts } from '../../src/machine/payload.ts'
import { Imds } from '../emulators/ec2/metadata.ts'
import { startGitlab, type Gitlab, type GitlabOptions, type Job } from '../emulators/gitlab/gitlab.ts'
import { gitlabRunner, nodeArchive } from '../emulators/gitlab-runner/package.ts'
import type { MachineSpec } from '../emulators/machine-port.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import { createMachineBoot, type Machine, type MachineOptions } from '../emulators/machine/machine.ts'
import { commandsOf, environmentOf, processesIn, signal } from '../emulators/machine/processes.ts'
import { bootOnly, disowned, lines, milestones, textOf, until } from './machine-scene.ts'

const name = 'cml-life'
const tags = ['cml', 'gpu']

type GitlabRegistration = Extract<Registration, { forge: 'gitlab' }>

interface Wish {
  readonly config?: Partial<AgentConfig>
  readonly registration?: Partial<GitlabRegistration>
  readonly parts?: Partial<PayloadParts>
  readonly machine?: MachineOptions
  readonly spec?: Partial<MachineSpec>
}

const version = 'v19.4.0'
const nodeVersion = '24.11.1'

/** A GitLab and machines of one test: many tests run at once, because most of a machine's life is waiting. */
class Scene {
  readonly gitlab: Gitlab
  readonly folder = mkdtempSync(join(tmpdir(), 'gitlab-life-'))
  readonly machines: Machine[] = []

  constructor(gitlab: Gitlab) {
    this.gitlab = gitlab
    gitlab.publishRunner(version, { amd64: gitlabRunner().bytes })
    gitlab.publishNode(`v${nodeVersion}`, { 'linux-x64.tar.gz': nodeArchive(nodeVersion).bytes })
  }

  /** As the launcher makes it before there is a machine. */
  register(change: Partial<GitlabRegistration> = {}): GitlabRegistration {
    const { id, token } = this.gitlab.createRunner({ name, tags })
    return {
      forge: 'gitlab',
      kind: 'runner',
      url: this.gitlab.url,
      token,
      id: String(id),
      executor: 'shell',
      dockerImage: 'ubuntu:24.04',
      dockerVolumes: [],
      ...change,
    }
  }

  get download(): PayloadParts['download'] {
    const { runnerDownloads, nodeDownloads } = this.gitlab
    return {
      url: `${runnerDownloads}/${version}/binaries/gitlab-runner-linux-amd64`,
      sha256: gitlabRunner().sha256,
      version: version.slice(1),
      node: {
        url: `${nodeDownloads}/v${nodeVersion}/node-v${nodeVersion}-linux-x64.tar.gz`,
        sha256: nodeArchive(nodeVersion).sha256,
        version: nodeVersion,
      },
    }
  }

  job(run: string, more: Partial<Parameters<Gitlab['queueJob']>[0]> = {}): Job {
    return this.gitlab.queueJob({ name: 'train', tags: ['cml'], script: [run], ...more })
  }

  boot({ config = {}, registration, parts = {}, machine: options = {}, spec = {} }: Wish = {}): Machine {
    const userData = renderPayload({
      config: {
        version: agentConfigVersion,
        identity: 'abcdefghijklmnopqrst',
        cloud: 'aws',
        name,
        labels: tags,
        single: false,
        idleTimeout: 3,
        expiresAt: Date.now() / 1000 + 86_400,
        startupScript: parts.startupScript !== undefined,
        proxy: {},
        registration: this.register(registration),
        ...config,
      },
      download: this.download,
      launchTimeout: 600,
      ground: { powerOff: 'ends', farewell: '' },
      carrier: 'cloud-init',
      assets: assetsFromSource('gitlab'),
      ...parts,
    })
    const start = createMachineBoot({
      folder: this.folder,
      hurry: true,
      docker: true,
      jobPath: '/usr/bin:/bin',
      ...options,
    })
    const machine = start({
      instanceId: 'i-1',
      userData,
      carrier: 'cloud-init',
      metadata: new Imds({ instanceId: 'i-1', region: 'us-west-1', userData }),
      bootDelay: 0,
      ...spec,
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
    await this.gitlab.close()
  }
}

const live = (title: string, story: (scene: Scene) => Promise<void>, options: GitlabOptions = {}): void =>
  it.concurrent(title, async () => {
    const scene = new Scene(await startGitlab(options))
    try {
      await story(scene)
    } finally {
      await scene.close()
    }
  })

/** Resolves when the job is over; rejects when its machine is gone first. */
const over = (job: Job, machine: Machine): Promise<unknown> =>
  Promise.race([
    job.completed,
    machine.ended.then(() => {
      throw new Error(`the machine ended first:\n${machine.console()}\n${job.trace}`)
    }),
  ])

/** Words of the runner's command line. */
const runnerWords = (machine: Machine): readonly string[] =>
  commandsOf(machine.processes()).find((words) => words.includes('run-single')) ?? []

describe('a life as a GitLab runner', () => {
  live(
    'boots, runs a job, is idle for its time, takes its registration away and powers off',
    async (scene) => {
      const job = scene.job('env | sort; pwd; echo "I am $(id -un)"')
      const machine = scene.boot()
      await over(job, machine)
      expect([job.status, job.exitCode]).toEqual(['success', undefined])
      expect(await machine.ended).toBe('powered-off')
      expect(milestones(machine).slice(0, 9)).toEqual([
        ...bootOnly,
        'registering',
        'registered',
        'listening',
        'job-started',
        'job-ended',
        'ending',
      ])
      expect(textOf(machine, 'job-started')).toBe(`train (job ${job.id})`)
      expect(textOf(machine, 'job-ended')).toBe(`train (job ${job.id}): success`)
      expect(textOf(machine, 'ending')).toMatch(/^idle for \d+ s$/)
      expect(scene.gitlab.runners()).toEqual([])
      for (const line of ['USER=runner', 'LANG=C.UTF-8', `HOME=${machine.root}/home/runner`])
        expect(job.trace).toContain(` ${line}\n`)
      expect(job.trace).toContain(' CI_SERVER_TOKEN=\n')
      for (const word of ['CML_RUNNER_ROOT', 'AWS_EC2', 'glrt-']) expect(job.trace).not.toContain(word)
      expect(job.trace).toContain(`${machine.root}${machinePaths.tree}/_work/builds/`)
    },
  )

  live('never shows its token in an argument, in a log or on the disk once it runs', async (scene) => {
    const machine = scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    await scene.gitlab.until(() => scene.gitlab.runner(name)?.online)
    const [token = ''] = scene.gitlab.secrets().filter((secret) => secret.startsWith('glrt-'))
    const words = commandsOf(machine.processes()).flat()
    expect(words.filter((word) => word.includes(token))).toEqual([])
    expect(machine.commands.flat().filter((word) => word.includes(token))).toEqual([])
    expect(machine.console() + machine.journal).not.toContain(token)
    expect(existsSync(join(machine.root, machinePaths.config))).toBe(false)
    // The runner itself has it in its environment, which only its user and root can read.
    const holders = machine.processes().filter((pid) => Object.values(environmentOf(pid)).includes(token))
    expect(holders).toHaveLength(1)
    machine.pressPowerButton()
    await machine.ended
    expect(existsSync(join(machine.root, machinePaths.request))).toBe(false)
    expect(scene.gitlab.runners()).toEqual([])
  })

  live('runs a program that belongs to root, on a Node that belongs to root', async (scene) => {
    const machine = scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    const home = join(machine.root, machinePaths.home)
    expect(readdirSync(home).toSorted()).toEqual([
      'agent.js',
      'gitlab-runner',
      'hooks',
      'node',
      'node.sha256',
      'packages.sh',
      'runner.sha256',
      'started',
    ])
    expect(statSync(join(home, 'gitlab-runner')).mode & 0o777).toBe(0o755)
    expect(runnerWords(machine)).toContain(join(home, 'gitlab-runner'))
    expect(machine.log).not.toContain('chown -hR runner: /opt/cml-runner')
    expect(Number(/^(\d+) bytes$/.exec(textOf(machine, 'fetched'))?.[1])).toBe(
      gitlabRunner().bytes.length + nodeArchive(nodeVersion).bytes.length,
    )
  })

  live("takes the image's own Node when it is new enough, and fetches none", async (scene) => {
    const machine = scene.boot({ machine: { node: '20.1.0' } })
    await until(machine, 'listening')
    expect(readlinkSync(join(machine.root, machinePaths.home, 'node'))).toBe(process.execPath)
    expect(scene.gitlab.journal.some(({ path }) => path.includes('node-v'))).toBe(false)
    await machine.ended
  })

  live("does not take the image's own Node when it is too old", async (scene) => {
    const machine = scene.boot({ machine: { node: '18.19.1' } })
    await until(machine, 'listening')
    expect(scene.gitlab.journal.some(({ path }) => path.endsWith('linux-x64.tar.gz'))).toBe(true)
    await machine.ended
  })

  live('ends when its registration is deleted behind its back, though its runner does not', async (scene) => {
    const machine = scene.boot({ config: { idleTimeout: null }, machine: { keep: true } })
    await until(machine, 'listening')
    await scene.gitlab.until(() => scene.gitlab.runner(name)?.online)
    scene.gitlab.deleteRunner(name)
    await disowned(machine)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toBe('its registration is gone')
    expect(machine.journal).toContain('Runner is not healthy!')
    // Nothing was left to remove, and that is no trouble.
    expect(machine.console()).not.toContain('could not be removed')
  })

  live('says that the token of its registration has ended, which leaves the registration', async (scene) => {
    scene.gitlab.dials.tokenLifetime = 2 * 3600_000
    const machine = scene.boot({
      config: { idleTimeout: null },
      registration: { tokenEndsAt: Math.floor(Date.now() / 1000) },
      machine: { keep: true },
    })
    await until(machine, 'listening')
    scene.gitlab.advance(2 * 3600_000)
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'ending')).toMatch(/^the token of its registration ended at 20\d\d-/)
    expect(machine.console()).toMatch(/could not be removed \(HTTP 403\)/)
    expect(scene.gitlab.runners()).toHaveLength(1)
  })

  live('outlives a connection that fails once, and takes the job that comes after it', async (scene) => {
    let broken = 0
    scene.gitlab.fault = ({ path }) =>
      path.endsWith('/jobs/request') && scene.gitlab.runner(name)?.online && ++broken === 1
        ? 'reset-before'
        : undefined
    const machine = scene.boot({ config: { idleTimeout: null } })
    await machine.until(() => machine.console().includes('; trying again'))
    await over(scene.job('echo still here'), machine)
    expect(textOf(machine, 'registering')).toBe(name)
    expect(machine.console()).toMatch(/ registering: GitLab could not be asked for jobs: .*; trying again/)
    // By the same runner: it asks again by itself.
    expect(machine.journal.match(/Starting runner for/g)).toHaveLength(1)
  })

  live(
    'works for a GitLab below a path, whose runner may be called anything',
    async (scene) => {
      const job = scene.job('echo "$CI_API_V4_URL"')
      const machine = scene.boot({ config: { name: '--executor=docker "$(id)"' } })
      await over(job, machine)
      expect(job.trace).toContain(`${scene.gitlab.url}/api/v4`)
      expect(scene.gitlab.url).toMatch(/\/git\/lab$/)
      await machine.ended
      expect(scene.gitlab.runners()).toEqual([])
    },
    { path: '/git/lab' },
  )
})

describe('a machine that is taken away as a GitLab runner', () => {
  live('ends the running job as interrupted, and its registration', async (scene) => {
    const job = scene.job('echo working; sleep 60')
    const machine = scene.boot({ machine: { keep: true } })
    await scene.gitlab.until(() => job.trace.includes('working'))
    machine.spec.metadata.announce('end')
    await over(job, machine)
    expect([job.status, job.failureReason]).toEqual(['failed', 'runner_interrupted'])
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'interrupted')).toMatch(/^the spot market takes the machine/)
    // One signal: a second would have ended it before it could tell.
    expect(machine.journal.match(/Requested exit: terminated/g)).toHaveLength(1)
    expect(machine.journal).not.toContain('forced exit')
    expect(scene.gitlab.runners()).toEqual([])
  })

  live('finishes the running job when the spot market only warns, and takes no other', async (scene) => {
    const flag = join(scene.folder, 'enough')
    const job = scene.job(`echo working; until [ -e ${flag} ]; do sleep 0.1; done; echo finished`)
    const machine = scene.boot({ machine: { keep: true } })
    await scene.gitlab.until(() => job.trace.includes('working'))
    machine.spec.metadata.announce('risk')
    machine.passTime(10)
    await machine.until(() => machine.journal.includes('Requested quit, waiting for builds to finish'))
    const next = scene.job('echo never')
    writeFileSync(flag, '')
    await over(job, machine)
    expect(job.status).toBe('success')
    expect(await machine.ended).toBe('powered-off')
    expect(next.status).toBe('pending')
    expect(machine.journal).not.toContain('Requested exit')
    expect(textOf(machine, 'interrupted')).toMatch(/^the spot market may soon take the machine/)
    expect(scene.gitlab.runners()).toEqual([])
  })

  live(
    'by its power button in mid-boot script removes the registration that the launcher made',
    async (scene) => {
      const machine = scene.boot({ parts: { startupScript: Buffer.from('echo waiting; sleep 60') } })
      await machine.until(() => machine.console().includes('waiting'))
      machine.pressPowerButton()
      expect(await machine.ended).toBe('powered-off')
      expect(scene.gitlab.runners()).toEqual([])
    },
  )

  live('because its startup script fails removes it too', async (scene) => {
    const machine = scene.boot({ parts: { startupScript: Buffer.from('exit 7') } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toContain('the startup script ended with 7')
    expect(scene.gitlab.runners()).toEqual([])
  })

  live(
    'says so when GitLab does not let it remove its registration, and ends all the same',
    async (scene) => {
      scene.gitlab.fault = ({ method, path }) =>
        method === 'DELETE' && path.endsWith('/runners') ? '5xx' : undefined
      const machine = scene.boot()
      expect(await machine.ended).toBe('powered-off')
      expect(machine.console()).toMatch(
        / ending: the registration could not be removed \(HTTP 5\d\d\); the next launch/,
      )
      // A few tries, within seconds.
      expect(scene.gitlab.journal.filter(({ method }) => method === 'DELETE')).toHaveLength(3)
    },
  )

  live('by the death of its agent takes runner and job along', async (scene) => {
    const job = scene.job("trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done")
    const machine = scene.boot({ config: { idleTimeout: null } })
    await scene.gitlab.until(() => job.trace.includes('deaf'))
    signal([machine.agentProcess() ?? -1], 'SIGKILL')
    expect(await machine.ended).toBe('powered-off')
  })
})

describe('a bootstrap that fails as a GitLab runner', () => {
  live('for a Node that is not what its publisher named', async (scene) => {
    const { node, ...rest } = scene.download
    const download = { ...rest, node: { ...node!, sha256: 'a'.repeat(64) } }
    const machine = scene.boot({ parts: { download } })
    expect(await machine.ended).toBe('powered-off')
    expect(textOf(machine, 'failed')).toMatch(/^the digest of the node: node\.tar\.gz: FAILED/)
  })
})

describe('jobs in containers', () => {
  const inDocker = {
    executor: 'docker',
    dockerImage: 'python:3.13',
    dockerVolumes: ['/data:/data:ro', '-x'],
  } as const

  live('are run by the docker executor with the image and volumes that were asked for', async (scene) => {
    const job = scene.job('echo in docker', { image: 'alpine:3' })
    const machine = scene.boot({ registration: inDocker, config: { idleTimeout: null } })
    await over(job, machine)
    expect(job.status).toBe('success')
    expect(job.trace).toContain('Using Docker executor with image alpine:3 ...')
    expect(runnerWords(machine).slice(runnerWords(machine).indexOf('run-single') + 1)).toEqual([
      '--executor=docker',
      `--name=${name}`,
      '--wait-timeout=0',
      '--docker-image=python:3.13',
      '--docker-volumes=/data:/data:ro',
      '--docker-volumes=-x',
      '--docker-volumes=/cache',
    ])
  })

  live('get the GPUs where there are some', async (scene) => {
    const machine = scene.boot({
      registration: inDocker,
      machine: { gpu: true },
      config: { idleTimeout: null },
    })
    await scene.gitlab.until(() => scene.gitlab.runner(name)?.online)
    expect(runnerWords(machine)).toContain('--docker-gpus=all')
  })

  live('have their folders where the user wants them', async (scene) => {
    const workdir = join(scene.folder, 'disk')
    const machine = scene.boot({ registration: inDocker, config: { idleTimeout: null, workdir } })
    await scene.gitlab.until(() => scene.gitlab.runner(name)?.online)
    expect(runnerWords(machine)).toEqual(
      expect.arrayContaining([
        `--docker-volumes=${workdir}/builds:/builds`,
        `--docker-volumes=${workdir}/cache:/cache`,
      ]),
    )
  })

  it.concurrent.each([
    ['leave their files to the users that containers have', 'docker', false],
    ['in a shell give their files back to its user', 'shell', true],
  ] as const)('%s', async (_title, executor, expected) => {
    const scene = new Scene(await startGitlab())
    try {
      const workdir = join(scene.folder, 'disk')
      const job = scene.job('echo done')
      const machine = scene.boot({ registration: { ...inDocker, executor }, config: { workdir } })
      await until(machine, 'registered')
      const seen = new Set<string | null>()
      const watcher = watch(join(machine.root, machinePaths.state), (_event, file) => seen.add(file))
      await over(job, machine)
      await machine.ended
      watcher.close()
      expect(milestones(machine)).toContain('job-ended')
      expect(seen.has('returning')).toBe(expected)
    } finally {
      await scene.close()
    }
  })

  live('wait for Docker, which the image lacks', async (scene) => {
    const job = scene.job('command -v docker')
    const machine = scene.boot({ registration: inDocker, machine: { docker: false, aptDelay: 500 } })
    await over(job, machine)
    expect([job.status, job.trace]).toEqual(['success', expect.stringContaining('Docker executor')])
    const order = milestones(machine).filter((milestone) => ['packages', 'listening'].includes(milestone))
    expect(order).toEqual(['packages', 'listening'])
    expect(textOf(machine, 'packages')).toMatch(/^installed in \d s: docker\.io docker-buildx$/)
    await machine.ended
  })

  live('are run in a shell, and the console says so, when Docker cannot be had', async (scene) => {
    const job = scene.job('echo hi')
    const machine = scene.boot({ registration: inDocker, machine: { docker: false, aptFails: 'install' } })
    await over(job, machine)
    expect(job.trace).toContain('Using Shell (bash) executor...')
    await machine.ended
    expect(
      lines(machine)
        .filter(({ milestone }) => milestone === 'packages')
        .map(({ text }) => text),
    ).toEqual([
      expect.stringMatching(/^could not be installed: docker\.io/),
      'there is no Docker: jobs run in a shell of this machine, whatever image they name',
    ])
  })
})

describe('jobs in a shell', () => {
  live('wait for files of the job before, and for packages, but the runner does not', async (scene) => {
    let installed = () => undefined as void
    const aptUntil = new Promise<void>((resolve) => (installed = resolve))
    const job = scene.job('command -v docker')
    const machine = scene.boot({ machine: { docker: false, git: false, aptUntil } })
    await scene.gitlab.until(() => job.trace.includes('Waiting for Docker'))
    expect(milestones(machine)).toContain('job-started')
    installed()
    await over(job, machine)
    expect(job.status).toBe('success')
    await machine.ended
    expect(textOf(machine, 'packages')).toMatch(/^installed in \d s: git$/)
    expect(machine.console()).toMatch(/ packages: installed in \d s: docker\.io docker-buildx$/m)
  })
})
