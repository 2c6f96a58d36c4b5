import type { Accounts } from './accounts.ts'
import type { Packages } from './packages.ts'
import type { Reply, Systemd } from './systemd.ts'

interface Answerers {
  readonly systemd: Systemd
  readonly packages: Packages
  readonly accounts: Accounts
}

/** Exit code of a stand-in that was asked for what the emulator does not know. */
export const notEmulated = 64

/** What the stand-ins answer; whatever they do not know is refused. */
export async function answerCommand(
  words: readonly string[],
  { systemd, packages, accounts }: Answerers,
): Promise<Reply> {
  const [name, ...rest] = words
  const known = (condition: boolean): Reply =>
    condition ? { code: 0 } : { code: notEmulated, text: `not emulated: ${words.join(' ')}` }
  switch (name) {
    case 'systemctl':
      return systemd.command(rest)
    case 'poweroff':
      return systemd.command(['poweroff'])
    case 'sysctl':
      return known(rest.join(' ') === '-q -w kernel.panic=10')
    case 'docker':
      return known(['version', 'info', 'ps'].includes(rest[0] ?? ''))
    case 'apt-get':
    case 'apt-cache':
    case 'dnf':
    case 'yum':
    case 'microdnf':
    case 'ldconfig':
      return packages.command(words)
    default:
      return accounts.command(words)
  }
}
