// A step that uses everything its host offers; run by hosts.test.ts in a process of its own.
import { githubActionsHost } from '../../src/hosts/github-actions.ts'
import { terminalHost } from '../../src/hosts/terminal.ts'
import { githubStepHost } from '../../src/hosts/github-step.ts'
import type { Outputs } from '../../src/hosts/host.ts'

function stepHost() {
  const read = { given: { name: 'a' }, words: [], problems: [], help: false, version: false }
  return githubStepHost(read, process.env)
}

const [kind, ...story] = process.argv.slice(2)
const action = kind === 'action' ? githubActionsHost('main') : undefined
const host = action ?? (kind === 'step' ? stepHost() : terminalHost())
const key = '-----BEGIN KEY-----\nbase64base64\n==\n-----END KEY-----\n'

const stories: Record<string, () => unknown> = {
  options: () => console.log(JSON.stringify({ ...action?.readOptions(), variables: undefined })),
  origin: () => console.log(JSON.stringify(host.origin())),
  'origin-twice': () => console.log(host.origin().run === host.origin().run),
  mask: () => {
    host.mask(key)
    host.mask('ghp_token')
    host.log.info('token ghp_token, key base64base64, pad ==')
  },
  log: () => {
    for (const level of ['error', 'warn', 'info', 'debug'] as const) host.log[level](`${level} text`)
  },
  quiet: () => {
    host.log.level = 'error'
    host.log.warn('unheard')
    host.log.error('heard')
  },
  hostile: () => {
    host.log.info('::set-output name=a::b\n  ::add-mask::e\nx ##[error]y\u001b[2J')
    return host.group('::error::title', () => Promise.resolve())
  },
  group: () => host.group('Boot', () => Promise.resolve(host.log.info('inside'))),
  output: () => {
    host.mask('masked-part')
    host.output({
      instanceId: 'i-1',
      spot: true,
      label: 'cml-masked-part',
      runsOn: '["a"]\nb',
    } as unknown as Outputs)
  },
  summary: () => host.summary('# Done\n'),
  footed: () => {
    host.footer = '\nbelow\n'
    return host.summary('# Done\n').then(() => host.summary('# Twice\n'))
  },
  result: () => host.result('launches', [{ name: 'a ghp_token' }]),
  announce: () => host.announce('Runner: online', 'after 48 s, 100 %\n::error::x'),
  fail: () =>
    host.fail({
      title: 'cml-runner: a, b',
      lines: ['What.', 'Why.', 'What to do: x'],
      rest: ['::error::quoted', 'more'],
      aboutOptions: true,
    }),
  'long-summary': () => host.summary('x'.repeat(2 ** 20)),
  state: () => host.saveState('identity', 'abc'),
  'read-state': () => console.log(String(host.readState('identity')), String(host.readState('other'))),
  wait: async () => {
    const tick = setInterval(() => {}, 1000)
    console.log('waiting')
    await new Promise((resolve) => host.signal.addEventListener('abort', resolve))
    console.log('first', host.signal.reason.kind, host.signal.reason.explanation.code)
    const { insistence } = host
    if (insistence) {
      await new Promise((resolve) => insistence.addEventListener('abort', resolve))
      console.log('second', insistence.reason.explanation.code)
    }
    clearInterval(tick)
  },
}

for (const name of story) await stories[name]?.()
