import { readdirSync, readlinkSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from '@jest/globals'

import * as machinePaths from '../../src/machine/paths.ts'
import { startGitlab, type Job } from '../emulators/gitlab/gitlab.ts'
import { gitlabRunner, nodeArchive } from '../emulators/gitlab-runner/package.ts'
import { type Machine } from '../emulators/machine/machine.ts'
import { commandsOf } from '../emulators/machine/processes.ts'
import { GitlabScene, liveAtGitlab, nodeVersion } from './gitlab-scene.ts'
import {
  bootOnly,
  cloudVariables,
  disowned,
  lines,
  milestones,
  name,
  textOf,
  until,
} from './machine-scene.ts'

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
  liveAtGitlab(
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
      for (const word of ['CML_RUNNER_ROOT', ...cloudVariables(machine), 'glrt-'])
        expect(job.trace).not.toContain(word)
      expect(job.trace).toContain(`${machine.root}${machinePaths.tree}/_work/builds/`)
    },
  )

  liveAtGitlab('runs a program that belongs to root, on a Node that belongs to root', async (scene) => {
    const machine = scene.boot({ config: { idleTimeout: null } })
    await until(machine, 'listening')
    const home = join(machine.root, machinePaths.home)
    expect(readdirSync(home).toSorted()).toEqual([
      'agent.js',
      'gitlab-runner',
      'hooks',
      'node',
      'node.sha256',
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

  liveAtGitlab("takes the image's own Node when it is new enough, and fetches none", async (scene) => {
    const machine = scene.boot({ machine: { node: '20.1.0' } })
    await until(machine, 'listening')
    expect(readlinkSync(join(machine.root, machinePaths.home, 'node'))).toBe(process.execPath)
    expect(scene.gitlab.journal.some(({ path }) => path.includes('node-v'))).toBe(false)
    await machine.ended
  })

  liveAtGitlab("does not take the image's own Node when it is too old", async (scene) => {
    const machine = scene.boot({ machine: { node: '18.19.1' } })
    await until(machine, 'listening')
    expect(scene.gitlab.journal.some(({ path }) => path.endsWith('linux-x64.tar.gz'))).toBe(true)
    await machine.ended
  })

  liveAtGitlab(
    'ends when its registration is deleted behind its back, though its runner does not',
    async (scene) => {
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
    },
  )

  liveAtGitlab(
    'says that the token of its registration has ended, which leaves the registration',
    async (scene) => {
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
    },
  )

  liveAtGitlab(
    'outlives a connection that fails once, and takes the job that comes after it',
    async (scene) => {
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
    },
  )

  liveAtGitlab(
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
  liveAtGitlab(
    'by its power button in mid-boot script removes the registration that the launcher made',
    async (scene) => {
      const machine = scene.boot({ parts: { startupScript: Buffer.from('echo waiting; sleep 60') } })
      await machine.until(() => machine.console().includes('waiting'))
      machine.pressPowerButton()
      expect(await machine.ended).toBe('powered-off')
      expect(scene.gitlab.runners()).toEqual([])
    },
  )

  liveAtGitlab(
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
})

describe('a bootstrap that fails as a GitLab runner', () => {
  liveAtGitlab('for a Node that is not what its publisher named', async (scene) => {
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

  liveAtGitlab(
    'are run by the docker executor with the image and volumes that were asked for',
    async (scene) => {
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
    },
  )

  liveAtGitlab('get the GPUs where there are some', async (scene) => {
    const machine = scene.boot({
      registration: inDocker,
      machine: { gpu: true },
      config: { idleTimeout: null },
    })
    await scene.gitlab.until(() => scene.gitlab.runner(name)?.online)
    expect(runnerWords(machine)).toContain('--docker-gpus=all')
  })

  liveAtGitlab('have their folders where the user wants them', async (scene) => {
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
    const scene = new GitlabScene(await startGitlab())
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

  liveAtGitlab('wait for Docker, which the image lacks', async (scene) => {
    const job = scene.job('command -v docker')
    const machine = scene.boot({ registration: inDocker, machine: { docker: false, aptDelay: 500 } })
    await over(job, machine)
    expect([job.status, job.trace]).toEqual(['success', expect.stringContaining('Docker executor')])
    const order = milestones(machine).filter((milestone) => ['packages', 'listening'].includes(milestone))
    expect(order).toEqual(['packages', 'listening'])
    expect(textOf(machine, 'packages')).toMatch(/^installed in \d s: docker\.io docker-buildx$/)
    await machine.ended
  })

  liveAtGitlab('are run in a shell, and the console says so, when Docker cannot be had', async (scene) => {
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
  liveAtGitlab(
    'wait for files of the job before, and for packages, but the runner does not',
    async (scene) => {
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
    },
  )
})
