import { expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jobOf, type Box } from './box.ts'
import { hereStory } from './story.ts'
import { testWith } from '../needs.ts'
import { startProxy } from '../scenarios/proxy.ts'

/** Types into a terminal what it reads, and shows what that shows: Python's own module, since Node has none. */
const terminal = `
import os, pty, select, sys
pid, screen = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
open_ends = [screen, 0]
while screen in open_ends:
    for end in select.select(open_ends, [], [])[0]:
        try:
            text = os.read(end, 4096)
        except OSError:
            text = b''
        if not text:
            open_ends.remove(end)
        else:
            os.write(screen if end == 0 else 1, text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

const withPython = testWith(['python3'])

hereStory(
  'a terminal sends its Ctrl-C to everybody, and the job goes on; a second one ends it',
  async (box) => {
    const within = ['python3', '-c', terminal]
    const runner = box.start(['--labels=tf', '--idle-timeout=never'], {}, within)
    await runner.shown(/Listening for jobs/)
    const [first, second] = ['go', 'never'].map((name) => join(box.home, name))
    const job = jobOf(box, 'tf', `echo began; while [ ! -e '${first}' ]; do sleep 0.1; done; echo went on`)
    await runner.shown(/Job started/)
    runner.type('\x03')
    await runner.shown(/SIGINT: no other job is taken/)
    writeFileSync(first!, '')
    await job.completed
    expect([job.succeeded, await runner.ended]).toEqual([true, 130])
    expect(job.text()).toContain('went on')
    const again = box.start(['--labels=tf', '--idle-timeout=never'], {}, within)
    await again.shown(/Listening for jobs/)
    const other = jobOf(box, 'tf', `while [ ! -e '${second}' ]; do sleep 0.1; done`)
    await again.shown(/Job started/)
    again.type('\x03')
    await again.shown(/no other job is taken/)
    again.type('\x03')
    await other.completed
    expect([other.succeeded, await again.ended]).toEqual([false, 130])
  },
  withPython === test ? undefined : [],
)

hereStory('behind a proxy all goes through it, and no job gets its password', async (box) => {
  const proxy = await startProxy()
  try {
    const address = proxy.url.replace('://', '://me:pr0xyPassw0rd@')
    const runner = box.start(['--labels=tf', '--idle-timeout=3'], {
      HTTP_PROXY: address,
      HTTPS_PROXY: address,
    })
    await runner.said(/ listening/)
    const job = jobOf(box, 'tf', 'env | grep -i _proxy')
    await job.completed
    expect([job.succeeded, await runner.ended]).toEqual([true, 0])
    expect(job.text()).toContain(`http_proxy=${proxy.url}`)
    expect(`${job.text()}${runner.log()}`).not.toContain('pr0xyPassw0rd')
    expect(proxy.journal.length).toBeGreaterThan(2)
    expect(proxy.journal.some(({ credentials }) => credentials !== undefined)).toBe(true)
  } finally {
    await proxy.close()
  }
})

/** From now on the user's token is refused; what a runner was registered with is not. */
function endToken(box: Box): void {
  const refused = { status: 401, body: { message: '401 Unauthorized' } }
  box.emulator.fault = ({ path, method }: { readonly path: string; readonly method: string }) =>
    /\/actions\/runners|\/graphql$|\/api\/v4\/(projects|groups|user|runners\/\d)/.test(path) &&
    method !== 'HEAD'
      ? refused
      : undefined
}

hereStory(
  'a token that has ended meanwhile leaves nothing: the registration goes by its own means',
  async (box) => {
    const runner = box.start(['--labels=tf', '--idle-timeout=never'])
    await runner.said(/ listening/)
    endToken(box)
    runner.signal('SIGTERM')
    expect([await runner.ended, box.runners()]).toEqual([143, []])
  },
)

hereStory(
  'where that has aged, too, it says what stays, and the next start removes it',
  async (box) => {
    const first = box.start(['--labels=tf', '--idle-timeout=never'])
    await first.said(/ listening/)
    endToken(box)
    box.emulator.advance(3_700_000)
    first.signal('SIGTERM')
    expect([await first.ended, box.runners().length]).toEqual([143, 1])
    expect(first.log()).toMatch(/The token has ended[^]*What to do: remove it at/)
    box.emulator.fault = undefined
    const second = box.start(['--labels=tf', '--idle-timeout=2'])
    expect(await second.ended).toBe(0)
    expect(second.log()).toMatch(/Removed the registration of runner cml-\w+, whose process died here/)
  },
  ['github'],
)
