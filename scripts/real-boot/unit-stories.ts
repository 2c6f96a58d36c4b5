import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Github } from '../../__tests__/emulators/github/github.ts'
import { holds, says, type Story } from './story.ts'

const project = join(dirname(fileURLToPath(import.meta.url)), '../..')
const dist = process.env.CML_RUNNER_DIST ?? join(project, 'dist')
/** Where npm would have laid the package. */
const installed = '/usr/local/lib/node_modules/cml-runner'

/** What an administrator does: the second boot is there to see that it starts by itself again. */
const administrator = `#!/bin/bash
say() { echo "admin: $*"; }
said() { [ "$(journalctl -b -u cml-runner.service -o cat | grep -c -- "$2")" -ge "$1" ]; }
# await TIMES WORDS: the unit has said so, so often.
await() {
  for _ in $(seq 300); do
    said "$@" && return
    sleep 0.1
  done
  say "the unit never said $2: $(journalctl -b -u cml-runner.service -o cat | tail -n 20)"
  systemctl poweroff
  exit 1
}
await 1 ' listening'
if [ -e /var/booted ]; then
  say 'the second boot listens'
  systemctl poweroff
  exit
fi
touch /var/booted
say 'the first boot listens'
await 1 ' job-started'
systemctl stop cml-runner.service
said 1 ' job-ended' && say 'the stop has waited for the job'
say "it was stopped: $(systemctl show -P ActiveState -P Result cml-runner.service | tr '\\n' ' ')"
systemctl start cml-runner.service
await 2 ' listening'
kill -9 "$(systemctl show -P MainPID cml-runner.service)"
await 3 ' listening'
said 1 'whose process died here' && say 'what the crash left was cleared up'
say "it was restarted $(systemctl show -P NRestarts cml-runner.service) times"
systemctl poweroff
`

function installUnit(root: string, { url, variables, token }: Github): void {
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
    chmodSync(join(root, path), mode)
  }
  execFileSync('chroot', [root, 'useradd', '--create-home', 'ci'])
  put(
    '/usr/local/bin/cml-runner',
    `#!/bin/sh\nexec '${process.execPath}' ${installed}/dist/cli.js "$@"\n`,
    0o755,
  )
  const { GITHUB_SERVER_URL, GITHUB_API_URL } = variables
  const told = {
    REPO_TOKEN: token(),
    CML_RUNNER_REPO: `${url}/octo-org/octo-repo`,
    GITHUB_SERVER_URL,
    GITHUB_API_URL,
  }
  const lines = Object.entries(told).map(([name, value]) => `${name}=${value}\n`)
  put('/etc/cml-runner.env', lines.join(''), 0o600)
  put('/usr/local/bin/administrator', administrator, 0o755)
  const units = join(root, 'etc/systemd/system')
  copyFileSync(join(project, 'docs/examples/cml-runner.service'), join(units, 'cml-runner.service'))
  const words = 'Type=exec\nExecStart=/usr/local/bin/administrator\nStandardOutput=journal+console'
  put('/etc/systemd/system/administrator.service', `[Service]\n${words}\n`)
  mkdirSync(join(units, 'multi-user.target.wants'), { recursive: true })
  for (const name of ['cml-runner.service', 'administrator.service'])
    symlinkSync(`../${name}`, join(units, 'multi-user.target.wants', name))
}

/** The example of a unit, on a machine that somebody has. */
export const unitStories: readonly Story[] = [
  {
    title:
      'the unit of docs/examples starts at boot, lets a stop wait for the job, and is restarted after a crash',
    machine: 'own',
    boots: 2,
    labels: ['gpu'],
    job: 'id -un; sleep 6; echo done',
    options: [
      `--bind-ro=${dist}:${installed}/dist`,
      `--bind-ro=${join(dist, '../package.json')}:${installed}/package.json`,
    ],
    prepare: installUnit,
    within: 90,
    look: ({ console, job, registrations }) => [
      ...says(
        console,
        'admin: the first boot listens',
        'admin: the stop has waited for the job',
        'admin: it was stopped: success inactive',
        'admin: what the crash left was cleared up',
        'admin: it was restarted 1 times',
        'admin: the second boot listens',
      ),
      ...says(job?.log ?? '', 'ci\n', 'done'),
      ...holds('the job did not go well', job?.conclusion === 'success'),
      ...holds('a registration is left', registrations === 0),
    ],
  },
]
