import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { killTree } from './program/processes.ts'

const living = (mark: string): readonly string[] =>
  readdirSync('/proc').filter((entry) => {
    try {
      return readFileSync(`/proc/${entry}/environ`, 'latin1').includes(mark)
    } catch {
      return false
    }
  })

test('a tree is killed whole, although it grows while it is looked at', async () => {
  const mark = randomUUID()
  const script = 'for n in $(seq 300); do sleep 60 & [ "$n" = 20 ] && echo grows; done; wait'
  const tree = spawn('bash', ['-c', script], {
    env: { ...process.env, MARK: mark },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await once(tree.stdout, 'data')
  killTree(tree.pid!)
  // Whoever outlived it would hold this open.
  await once(tree, 'close')
  expect(living(mark)).toEqual([])
})
