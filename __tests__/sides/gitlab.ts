import { nodeVersion, runnerVersion } from '../../src/forges/gitlab/packages.ts'
import { startGitlab, type GitlabEmulator, type GitlabOptions } from '../emulators/gitlab/gitlab.ts'
import { gitlabRunner, nodeArchive } from '../emulators/gitlab-runner/package.ts'
import type { ForgeSide } from './forge-side.ts'

export interface GitlabPart {
  readonly forge: 'gitlab'
  readonly gitlab: GitlabEmulator
  /** Masked variables of the project. */
  readonly secrets: Readonly<Record<string, string>>
}

export const gitlabSide: ForgeSide<GitlabPart, GitlabOptions> = {
  name: 'gitlab',
  noticesLate: true,
  /** The publishers' side has what machines of either architecture fetch. */
  async open(options) {
    const gitlab = await startGitlab(options)
    const { bytes } = gitlabRunner()
    gitlab.publishRunner(`v${runnerVersion}`, { amd64: bytes, arm64: bytes })
    gitlab.publishNode(`v${nodeVersion}`, {
      'linux-x64.tar.gz': nodeArchive(nodeVersion, 'x64').bytes,
      'linux-arm64.tar.gz': nodeArchive(nodeVersion, 'arm64').bytes,
    })
    return {
      emulator: gitlab,
      variables: {
        ...gitlab.variables,
        CML_GITLAB_RUNNER_DOWNLOADS: gitlab.runnerDownloads,
        CML_NODE_DOWNLOADS: gitlab.nodeDownloads,
      },
      inputs: {},
      own: { forge: 'gitlab', gitlab, secrets: { GITLAB_TOKEN: gitlab.token() } },
    }
  },
}
