import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Reply } from './systemd.ts'

/** Users and groups, in the files where every Linux keeps them, below the machine's own root. */
export class Accounts {
  readonly #root: string
  /** What a login shell of a new user executes. */
  profile = ''

  constructor(root: string) {
    this.#root = root
    mkdirSync(join(root, 'etc'), { recursive: true })
    for (const file of ['passwd', 'group'])
      if (!existsSync(this.#path(file))) writeFileSync(this.#path(file), 'root:x:0:\n')
  }

  #path(file: string): string {
    return join(this.#root, 'etc', file)
  }

  #lines(file: string): string[] {
    return readFileSync(this.#path(file), 'utf8').split('\n').filter(Boolean)
  }

  #find(file: string, name: string): string | undefined {
    return this.#lines(file).find((line) => line.startsWith(`${name}:`))
  }

  /** Groups that hold the user beside its own. */
  groupsOf(user: string): string[] {
    return this.#lines('group').flatMap((line) => {
      const [name = '', , , members = ''] = line.split(':')
      return members.split(',').includes(user) ? [name] : []
    })
  }

  command(words: readonly string[]): Reply {
    const [name, ...rest] = words
    const last = rest.at(-1) ?? ''
    switch (name) {
      case 'getent': {
        const found = this.#find(rest[0] ?? '', last)
        return found ? { code: 0, text: found } : { code: 2 }
      }
      case 'groupadd':
        if (rest.some((word) => word.startsWith('-') && word !== '--system')) break
        if (this.#find('group', last)) return { code: 9, text: `groupadd: group '${last}' already exists` }
        appendFileSync(this.#path('group'), `${last}:x:${1000 + this.#lines('group').length}:\n`)
        return { code: 0 }
      case 'useradd':
        return this.#addUser(rest)
      case 'usermod':
        if (rest[0] === '--append' && rest[1] === '--groups' && rest.length === 4)
          return this.#join(rest[2] ?? '', last)
    }
    return { code: 64, text: `not emulated: ${words.join(' ')}` }
  }

  #addUser(words: readonly string[]): Reply {
    const [gid, group, create, home, folder, shell, path, name, ...rest] = words
    const flags = [gid, create, home, shell].join(' ')
    if (flags !== '--gid --create-home --home-dir --shell' || !folder || !name || rest.length > 0) {
      return { code: 64, text: `not emulated: useradd ${words.join(' ')}` }
    }
    if (!this.#find('group', group ?? ''))
      return { code: 6, text: `useradd: group '${group}' does not exist` }
    if (this.#find('passwd', name)) return { code: 9, text: `useradd: user '${name}' already exists` }
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, '.profile'), this.profile)
    // As in /etc/skel of Debian and Ubuntu, where what it executes fails without a terminal.
    writeFileSync(join(folder, '.bash_logout'), 'if [ "$SHLVL" = 1 ]; then\n    false\nfi\n')
    appendFileSync(this.#path('passwd'), `${name}:x:1001:1001::${folder}:${path}\n`)
    return { code: 0 }
  }

  #join(group: string, user: string): Reply {
    if (!this.#find('group', group) || !this.#find('passwd', user))
      return { code: 6, text: `usermod: ${group} or ${user} does not exist` }
    const lines = this.#lines('group').map((line) => {
      if (!line.startsWith(`${group}:`)) return line
      const members = (line.split(':')[3] ?? '').split(',').filter(Boolean)
      return `${line.split(':').slice(0, 3).join(':')}:${[...new Set([...members, user])].join(',')}`
    })
    writeFileSync(this.#path('group'), `${lines.join('\n')}\n`)
    return { code: 0 }
  }
}
