import { accountLabel, placeLabel } from '../../src/model/runner.ts'
import type { AnyScene, Scene, GitlabScene } from '../emulators/scene.ts'
import { usualCloud, type Pair } from '../sides/sides.ts'
import type { EmulatedCloud } from '../sides/cloud-side.ts'

/** What the benchmark does with the forge of a scene, and asks of it. */
export interface ForgeSide {
  /** Offline registrations of earlier lives; ours, of machines that are gone, or strangers'. */
  seed(count: number, whose: 'ours' | 'others'): void
  /** Resolves when a machine's runner waits for jobs. */
  online(): Promise<unknown>
  /** Requests of the launcher so far; machines' own carry no token of ours. */
  calls(): readonly { readonly method: string; readonly path: string }[]
  /** Makes the forge silent about its runners. */
  hush(): void
  /** Resolves when it was asked for them. */
  asked(): Promise<unknown>
}

/** Labels of a runner of ours in the default region: which launch's it is, and where its machine was. */
const oursIn = ({ account, side }: EmulatedCloud): string[] => [
  ...['cml', 'cml-aaaaaaaaaaaaaaaaaaaa', placeLabel(side.name, side.words.home)],
  accountLabel(account),
]

/** What tells them apart from the stale runners, which nothing speaks for. */
const isWaiting = (runner: { readonly online: boolean; readonly connected: boolean }): boolean =>
  runner.online && runner.connected

const isAboutRunners = ({ path }: { readonly path: string }): boolean => path.endsWith('/runners')

export function sideOf(scene: AnyScene): ForgeSide {
  return scene.forge === 'github' ? githubSide(scene) : gitlabSide(scene)
}

function githubSide({ cloud, github }: Scene): ForgeSide {
  const token = github.token()
  return {
    seed: (count, whose) => github.seedRunners(count, whose === 'ours' ? { labels: oursIn(cloud) } : {}),
    online: () => github.until(() => github.runners().some(isWaiting)),
    calls: () => github.journal.filter(({ headers }) => headers.authorization?.endsWith(token)),
    hush: () => (github.fault = (request) => (isAboutRunners(request) ? 'silent' : undefined)),
    asked: () => github.until(() => github.journal.find(isAboutRunners)),
  }
}

function gitlabSide({ cloud, gitlab }: GitlabScene): ForgeSide {
  const token = gitlab.token()
  return {
    seed: (count, whose) =>
      gitlab.seedRunners(count, whose === 'ours' ? { tags: [...oursIn(cloud), 'cml-runner-managed'] } : {}),
    online: () => gitlab.until(() => gitlab.runners().some(isWaiting)),
    calls: () => gitlab.journal.filter(({ headers }) => headers['private-token'] === token),
    hush: () => (gitlab.fault = (request) => (isAboutRunners(request) ? 'silent' : undefined)),
    asked: () => gitlab.until(() => gitlab.journal.find(isAboutRunners)),
  }
}

/** How a row says which pair it is about; what is said of none is about GitHub and the registry's first cloud. */
export function suffixOf({ cloud, forge }: Pair): string {
  const other = cloud === usualCloud() ? '' : `, ${cloud.service}`
  return `${other}${forge === 'gitlab' ? ', GitLab' : ''}`
}
