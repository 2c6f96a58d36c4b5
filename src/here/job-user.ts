import { execFileSync } from 'node:child_process'

import type { JobUser } from '../agent/own-user.ts'
import { Failure } from '../model/failure.ts'

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The user of that name. Throws `invalid-input` when there is none, or when only root could give jobs to it. */
export function findJobUser(name: string, own: number | undefined): JobUser {
  const ask = (program: string, ...words: string[]): string =>
    execFileSync(program, words, {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  if (own !== 0)
    throw refusal(name, 'only root can run jobs as another user', 'start it as root, or leave `user` out.')
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(ask('id', flag, '--', name)))
    // The shell knows homes on every system; the name is one of letters, digits and `_.-` (the option's rule).
    const home = ask('/bin/sh', '-c', `printf %s ~${name}`)
    if (uid === 0) throw new Error('it is root itself')
    return { name, uid: uid!, gid: gid!, home, path: usualPath }
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n').at(-1) : String(error)
    throw refusal(name, said || 'there is no such user', 'name a user of this machine that is not root.')
  }
}

function refusal(name: string, said: string, fix: string): Failure {
  return new Failure('invalid-input', { tried: `run jobs as \`user\` ${name}`, said, fix })
}
