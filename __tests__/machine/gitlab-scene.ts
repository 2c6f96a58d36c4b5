import { it } from '@jest/globals'

import type { Registration } from '../../src/machine/agent-config.ts'
import type { PayloadParts } from '../../src/machine/payload.ts'
import { startGitlab, type Gitlab, type GitlabOptions, type Job } from '../emulators/gitlab/gitlab.ts'
import { gitlabRunner, nodeArchive } from '../emulators/gitlab-runner/package.ts'
import { assetsFromSource } from '../emulators/machine/assets.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import { Machines, name, type Wish as PlainWish } from './machine-scene.ts'

const tags = ['cml', 'gpu']

type GitlabRegistration = Extract<Registration, { forge: 'gitlab' }>

interface Wish extends PlainWish {
  readonly registration?: Partial<GitlabRegistration>
}

const version = 'v19.4.0'
export const nodeVersion = '24.11.1'

/** A GitLab and its machines. */
export class GitlabScene extends Machines {
  readonly gitlab: Gitlab

  constructor(gitlab: Gitlab) {
    super()
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

  boot({ registration, machine = {}, ...wish }: Wish = {}): Machine {
    const config = { labels: tags, registration: this.register(registration) }
    return this.start(
      { config, download: this.download, assets: assetsFromSource('gitlab') },
      { ...wish, machine: { jobPath: '/usr/bin:/bin', ...machine } },
    )
  }

  override async close(): Promise<void> {
    try {
      await super.close()
    } finally {
      await this.gitlab.close()
    }
  }
}

export const liveAtGitlab = (
  title: string,
  story: (scene: GitlabScene) => Promise<void>,
  options: GitlabOptions = {},
): void =>
  it.concurrent(title, async () => {
    const scene = new GitlabScene(await startGitlab(options))
    try {
      await story(scene)
    } finally {
      await scene.close()
    }
  })
