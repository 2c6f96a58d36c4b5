import { startGithub, type GithubEmulator, type GithubOptions } from '../emulators/github/github.ts'
import type { ForgeSide } from './forge-side.ts'

export interface GithubPart {
  readonly forge: 'github'
  readonly github: GithubEmulator
}

export const githubSide: ForgeSide<GithubPart, GithubOptions> = {
  name: 'github',
  async open(options) {
    const github = await startGithub(options)
    return {
      emulator: github,
      variables: {
        GITHUB_SERVER_URL: github.url,
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: 'octo-org/octo-repo',
      },
      inputs: { token: github.token() },
      own: { forge: 'github', github },
    }
  },
}
