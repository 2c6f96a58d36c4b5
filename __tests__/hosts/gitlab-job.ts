// A job of GitLab CI that uses everything its host offers; run by gitlab.test.ts in a process of its own.
import { catalogue } from '../../src/entry/catalogue.ts'
import { readArguments } from '../../src/hosts/arguments.ts'
import { afterScriptHost, commandLineHost } from '../../src/hosts/command-line.ts'
import type { Outputs } from '../../src/hosts/host.ts'
import { shapeOf } from '../../src/options/shape.ts'

const [line = '', ...story] = process.argv.slice(2)
const call = readArguments(line.split(' ').filter(Boolean), shapeOf(catalogue.table))
const host = afterScriptHost(call) ?? (await commandLineHost(call))

const outputs = {
  instanceIp: '10.0.0.1',
  instanceLaunchTime: '2026-01-01T00:00:00.000Z',
  spot: true,
  runsOn: '["a"]',
}

const stories: Record<string, () => unknown> = {
  options: () => console.log(JSON.stringify(host.readOptions())),
  'refused-options': () => {
    try {
      host.readOptions()
    } catch (error) {
      console.log(String(error))
    }
  },
  facts: () => {
    const { name, postFollows, hurried } = host
    console.log(JSON.stringify({ name, postFollows, hurried, ...host.origin() }))
  },
  mask: () => {
    host.mask('glrt-secret')
    host.log.info('a glrt-secret b glrt-\u0007secret')
    host.print('glrt-secret')
    return host.group('title glrt-secret', () => Promise.resolve())
  },
  log: () => {
    for (const level of ['error', 'warn', 'info', 'debug'] as const) host.log[level](`${level} text`)
  },
  hostile: () => host.log.info('\u001b[0Ksection_start:1:x\r\u001b[0Ktitle\u001b[2J'),
  group: () => host.group('Boot', () => Promise.resolve(host.log.info('inside'))),
  'failing-group': () =>
    host
      .group('Boot', () => Promise.reject(new Error('no')))
      .catch((error: Error) => host.log.info(`failed: ${error.message}`)),
  quiet: () => (host.log.level = 'error'),
  output: () => host.output(outputs as unknown as Outputs),
  links: () =>
    host.links([
      { label: 'Machine "i-1"\u001b[2J', url: 'https://cloud.example/#i-1' },
      { label: 'Runner cml-ä', url: 'http://gitlab.example/-/runners/4' },
      { label: 'No page', url: 'javascript:alert(1)' },
    ]),
  summary: () => host.summary('# Done\n'),
  state: () => {
    host.saveState('identity', 'abc')
    host.saveState('handed-over', 'true')
  },
  'read-state': () =>
    console.log(host.readState('identity'), host.readState('handed-over'), host.readState('x')),
  wait: async () => {
    const tick = setInterval(() => {}, 1000)
    console.log('waiting')
    await new Promise((resolve) => host.signal.addEventListener('abort', resolve))
    console.log('first', host.signal.reason.explanation.code)
    await new Promise((resolve) => host.insistence.addEventListener('abort', resolve))
    clearInterval(tick)
  },
}

for (const name of story) await stories[name]?.()
