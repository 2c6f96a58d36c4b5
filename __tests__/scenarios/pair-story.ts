import { test } from '@jest/globals'
import type { Leftovers, SceneOptions } from '../emulators/scene.ts'
import { pairsInTurn, pairsOf, rowOf, type Pair } from '../sides/sides.ts'
import { githubWords } from './github-pair.ts'
import { gitlabWords } from './gitlab-pair.ts'
import { openGitlabStage } from './gitlab-story.ts'
import { withWords, type OpenedPair, type PairStage } from './pair-stage.ts'
import { openStage, tellStory } from './story.ts'

export interface PairStoryOptions extends SceneOptions {
  readonly left?: Leftovers | ((pair: Pair) => Leftovers)
  /** Told of every pair, not of every cloud with the forge whose turn it is. */
  readonly everywhere?: boolean
}

/** Stories of this file so far. */
let told = 0

/** One story, told of every cloud that the product knows, and of its forges by turns. */
export function pairStory(
  name: string,
  tell: (stage: PairStage, pair: Pair) => Promise<void>,
  { left, everywhere = false, ...scene }: PairStoryOptions = {},
): void {
  for (const pair of everywhere ? pairsOf() : pairsInTurn(told++))
    test.concurrent(`${name} (${pair.name})`, () =>
      tellStory(
        () => stageOpener(pair.forge)({ ...scene, cloud: pair.cloud }),
        (stage) => tell(stage.words, pair),
        typeof left === 'function' ? left(pair) : left,
      ),
    )
}

type Opener = (options: SceneOptions) => Promise<OpenedPair>

/** One for each line of the registry: a stage of a forge, and what each of a story's words is there. */
const openers: Readonly<Record<string, Opener>> = {
  github: async (options) => withWords(await openStage(options), githubWords),
  gitlab: async (options) => withWords(await openGitlabStage(options), gitlabWords),
}

/** Throws with the file to add where there is none. */
export function stageOpener(forge: string): Opener {
  return rowOf('forge', forge, openers, {
    purpose: 'tell stories of it',
    file: '__tests__/scenarios/<name>-pair.ts',
    table: '__tests__/scenarios/pair-story.ts',
  })
}
