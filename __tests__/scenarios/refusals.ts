import { expect } from '@jest/globals'
import type { Stage } from './story.ts'

/** Nobody was asked to make or end anything. */
export function expectNothingMade({ cloud, github }: Stage): void {
  expect(cloud.calls().filter(({ changes }) => changes)).toEqual([])
  expect(cloud.machines).toEqual([])
  const made = github.journal.filter(({ method, status }) => method !== 'GET' && status < 300)
  expect(made.filter(({ path }) => !path.endsWith('/registration-token'))).toEqual([])
  expect(github.runners()).toEqual([])
}

export interface Refused {
  readonly code: number
  readonly parts: readonly string[]
}

/** The launch fails with this code and one message that holds all of these parts, and says nothing twice. */
export async function expectRefused(
  stage: Stage,
  inputs: Record<string, string>,
  { code, parts }: Refused,
  rest: Parameters<Stage['launch']>[1] = {},
): Promise<string> {
  const { main, post, outputs } = await stage.launch(inputs, rest)
  expect([main.exitCode, post?.exitCode, outputs]).toEqual([code, 0, {}])
  const errors = main.log.split('\n').filter((line) => line.startsWith('##[error]'))
  expect(errors).toHaveLength(1)
  for (const part of parts) expect(main.log).toContain(part)
  const told = main.log.slice(main.log.indexOf('##[error]')).split('\n').filter(Boolean)
  expect(told).toEqual([...new Set(told)])
  expectNothingMade(stage)
  return main.log
}
