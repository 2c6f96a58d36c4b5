import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Row } from './row.ts'

/** What is downloaded: the agent by a machine, dist/ by a job, the package by npm. */
export function measureSizes(root: string, dist: string): readonly Row[] {
  const files = readdirSync(dist)
  const whole = files.reduce((sum, name) => sum + statSync(join(dist, name)).size, 0)
  const packed = packedBytes(root)
  const agents = files.filter((name) => /^agent-.+\.js$/.test(name)).sort()
  return [
    ...agents.map((name) => agentRow(name, readFileSync(join(dist, name)))),
    {
      quantity: 'dist/',
      value: whole / 1000,
      unit: 'kB',
      how: `${files.length} files, licence texts included`,
    },
    { quantity: 'npm package', value: packed / 1000, unit: 'kB', how: 'gzipped, by npm pack' },
  ]
}

function agentRow(name: string, agent: Buffer): Row {
  return {
    quantity: `${name}, gzipped`,
    value: gzipSync(agent, { level: 9 }).length,
    unit: 'bytes',
    budget: 9900,
    how: `${agent.length} bytes before`,
  }
}

function packedBytes(root: string): number {
  const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ size }] = JSON.parse(json) as [{ readonly size: number }]
  return size
}
