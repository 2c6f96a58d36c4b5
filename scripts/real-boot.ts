// Stories of a machine on a real systemd, for scripts/real-boot-check.sh: TREE [words of a story's title].
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { startGithub, type Github, type Job } from '../__tests__/emulators/github/github.ts'
import { assetsFromSource } from '../__tests__/emulators/machine/assets.ts'
import { agentConfigVersion } from '../src/machine/agent-config.ts'
import { renderPayload } from '../src/machine/payload.ts'

const [tree = '', ...words] = process.argv.slice(2)
const repository = 'octo-org/octo-repo'
const name = 'cml-real'

interface Story {
  readonly title: string
  /** Seconds; a minute and an hour when absent. */
  readonly idleTimeout?: number
  readonly lifetime?: number
  /** Steps of the one job; none when absent. */
  readonly job?: string
  readonly startupScript?: string
  readonly boots?: number
  /** The firmware tells an identity, as that of a cloud's machine does; a container has none of its own. */
  readonly identity?: string
  /** Seconds from power-on to the end, at most. */
  readonly within: number
  /** Empty when all is well. */
  look(end: End): string[]
}

interface End {
  readonly console: string
  readonly job: Job | undefined
  readonly registrations: number
  readonly status: readonly (number | string)[]
}

const says = (text: string, ...parts: string[]) =>
  parts.filter((part) => !text.includes(part)).map((part) => `nobody says: ${part}`)
const holds = (what: string, condition: boolean) => (condition ? [] : [what])
const agentPid = '$(systemctl show -P MainPID cml-runner-agent.service)'

const stories: readonly Story[] = [
  {
    title: 'runs a job as its user and ends when idle',
    idleTimeout: 3,
    startupScript: 'echo "score $(cat /proc/self/oom_score_adj) as $(id -un)"',
    job: 'id; echo "score $(cat /proc/self/oom_score_adj)"; cat /proc/self/cgroup; sudo -n id -u; sudo -n systemctl list-timers --all "cml*"',
    within: 40,
    look: ({ console, job, registrations }) => [
      ...says(
        console,
        ' fuses: ',
        ' fetched: ',
        'as root',
        ' registered',
        ' listening',
        ' job-ended: train: Succeeded',
        ' ending: idle for ',
      ),
      ...says(
        job?.log ?? '',
        '(runner)',
        '(docker)',
        'score 0\n',
        '/cml-runner-agent.service',
        'cml-runner-deadline.timer',
        'cml-runner-heartbeat.timer',
      ),
      ...holds('the boot timer still runs', !job?.log.includes('cml-runner-boot.timer')),
      ...holds('a registration is left', registrations === 0),
    ],
  },
  {
    title: 'ends at once when its agent is killed',
    job: `sudo -n kill -9 ${agentPid}; sleep 60`,
    within: 20,
    look: ({ job }) => holds('the job went well', job?.conclusion !== 'success'),
  },
  {
    title: 'ends when its agent hangs',
    job: `cd /run/systemd/system && sudo -n sed -i s/600/3/ cml-runner-heartbeat.timer && sudo -n systemctl daemon-reload
      sudo -n kill -STOP ${agentPid}; sudo -n systemctl restart cml-runner-heartbeat.timer; sleep 60`,
    within: 30,
    look: ({ console }) => says(console, ' ending: its agent gave no sign of life'),
  },
  {
    title: 'ends at its deadline, and the job is seen to fail',
    lifetime: 15,
    job: 'sleep 60',
    within: 30,
    look: ({ console, job, registrations }) => [
      ...says(console, ' ending: its lifetime is over', ' interrupted: '),
      ...says(job?.log ?? '', 'The runner has received a shutdown signal'),
      ...holds('a registration is left', registrations === 0),
    ],
  },
  {
    title: 'ends when it is rebooted',
    job: 'sudo -n reboot; sleep 60',
    boots: 2,
    within: 40,
    look: ({ console }) => says(console, ' ending: it was rebooted'),
  },
  {
    title: 'ends when its startup script fails, and says how',
    startupScript: 'echo first; echo no disk >&2; exit 4',
    within: 20,
    look: ({ console }) =>
      says(console, '| no disk', ' failed: the startup script ended with 4: first / no disk'),
  },
  {
    title: 'ends although its disk is full',
    idleTimeout: 3,
    startupScript: 'head -c 1G /dev/zero >/opt/full; df --output=avail / | tail -n 1; true',
    within: 30,
    look: ({ console }) => says(console, '| 0'),
  },
  {
    title: 'ends when it is rebooted with a full disk, on which cloud-init runs nothing',
    identity: 'ec2e1916-9099-7caf-fd21-012345abcdef',
    job: 'sudo -n head -c 1G /dev/zero | sudo -n tee /opt/full >/dev/null || true; sudo -n reboot; sleep 60',
    boots: 2,
    within: 40,
    look: ({ console }) => [
      ...says(console, ' listening', ' ending: it was rebooted'),
      ...holds('the boothook ran again', console.split(' fuses: ').length === 2),
    ],
  },
  {
    title: 'ends although its shutdown hangs',
    idleTimeout: 3,
    startupScript:
      "systemd-run --unit=hang -p ExecStop='/bin/sleep infinity' -p TimeoutStopSec=infinity sleep infinity",
    within: 160,
    look: ({ console }) => says(console, ' ending: the agent has stopped'),
  },
]

async function payloadFor(
  github: Github,
  { idleTimeout = 60, lifetime = 3600, startupScript }: Story,
): Promise<Buffer> {
  const headers = {
    authorization: `Bearer ${github.token()}`,
    'user-agent': 'check',
    'x-github-api-version': '2022-11-28',
  }
  const answer = await fetch(`${github.apiUrl}/repos/${repository}/actions/runners/registration-token`, {
    method: 'POST',
    headers,
  })
  const { token } = (await answer.json()) as { token: string }
  const now = Date.now() / 1000
  return renderPayload({
    config: {
      version: agentConfigVersion,
      identity: 'abcdefghijklmnopqrst',
      cloud: 'none',
      name,
      labels: ['cml'],
      single: false,
      idleTimeout,
      expiresAt: now + lifetime,
      startupScript: startupScript !== undefined,
      registration: {
        forge: 'github',
        kind: 'token',
        url: `https://github.com/${repository}`,
        token,
        expiresAt: now + 3600,
      },
      proxy: {},
    },
    download: { ...github.archive(), version: '2.336.0' },
    launchTimeout: 600,
    assets: assetsFromSource(),
    ...(startupScript === undefined ? {} : { startupScript: Buffer.from(startupScript) }),
  })
}

/** An overlay of the tree in memory, so small that it can be filled. */
function makeRoot(folder: string, payload: Buffer): string {
  const [layer, root] = [join(folder, 'layer'), join(folder, 'root')]
  for (const path of [layer, root]) mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', layer])
  for (const path of ['upper', 'work']) mkdirSync(join(layer, path))
  const options = `lowerdir=${tree},upperdir=${join(layer, 'upper')},workdir=${join(layer, 'work')}`
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, root])
  const seed = join(root, 'var/lib/cloud/seed/nocloud')
  mkdirSync(seed, { recursive: true })
  writeFileSync(join(seed, 'user-data'), payload)
  writeFileSync(join(seed, 'meta-data'), 'instance-id: i-real\n')
  return root
}

/** Beside the root, which may be full. */
function identityFile(root: string, identity: string): string {
  const path = join(dirname(root), 'product-uuid')
  writeFileSync(path, `${identity}\n`)
  return path
}

function boot(
  root: string,
  { within: limit, identity }: Story,
): Promise<{ status: number | string; console: string }> {
  const node = dirname(process.execPath)
  const options = [
    '--boot',
    '--register=no',
    '--keep-unit',
    '--console=read-only',
    '--link-journal=no',
    '--resolv-conf=off',
    `--bind-ro=${node}`,
    ...(identity
      ? ['--tmpfs=/sys/class', `--bind-ro=${identityFile(root, identity)}:/sys/class/dmi/id/product_uuid`]
      : []),
  ]
  const env = { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' }
  const child = spawn('systemd-nspawn', ['-q', '-D', root, ...options], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let console = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (console += chunk.toString()))
  const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000)
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ status: code ?? signal ?? 'unknown', console: console.replace(/\r/g, '') })
    }),
  )
}

async function tell(story: Story): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'real-boot-'))
  const github = await startGithub()
  const root = makeRoot(folder, await payloadFor(github, story))
  const job =
    story.job === undefined
      ? undefined
      : github.queueJob({ name: 'train', labels: ['cml'], steps: [{ run: story.job }] })
  let console = ''
  const status: (number | string)[] = []
  for (let count = 0; count < (story.boots ?? 1); count++) {
    const end = await boot(root, story)
    status.push(end.status)
    console += end.console
  }
  const problems = [
    ...holds(
      `it did not end by itself in ${story.within} s: ${status.join(', ')}`,
      !status.includes('SIGKILL'),
    ),
    ...story.look({ console, job, registrations: github.runners().length, status }),
  ]
  if (problems.length > 0) {
    const journal = join(root, 'var/log/journal')
    const text = execFileSync('journalctl', ['-D', journal, '--no-pager', '-o', 'cat', '-n', '60'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    process.stdout.write(`${console}\n--- journal\n${text}\n--- job\n${job?.log ?? 'none'}\n`)
  }
  await github.close()
  for (const path of ['root', 'layer']) execFileSync('umount', ['-l', join(folder, path)])
  rmSync(folder, { recursive: true, force: true })
  return problems
}

async function main(): Promise<void> {
  let failed = 0
  for (const story of stories.filter(({ title }) => words.every((word) => title.includes(word)))) {
    const started = Date.now()
    const problems = await tell(story)
    if (problems.length > 0) failed++
    process.stdout.write(
      `${problems.length > 0 ? 'FAIL' : 'ok  '} ${story.title} (${Math.round((Date.now() - started) / 1000)} s)\n`,
    )
    for (const problem of problems) process.stdout.write(`     ${problem}\n`)
  }
  process.stdout.write(`real-boot-check: ${failed} failed\n`)
  process.exitCode = failed > 0 ? 1 : 0
}

void main()
