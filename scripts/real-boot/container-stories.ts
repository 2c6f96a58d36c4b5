import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { holds, says, secondsBetween, type Story } from './story.ts'

const agentPid = '$(systemctl show -P MainPID cml-runner-agent.service)'
/** A job that only SIGKILL ends. */
const deaf = "trap '' TERM INT HUP; echo deaf; while :; do sleep 1; done"

export const stories: readonly Story[] = [
  {
    title: 'runs a job as its user and ends when idle',
    idleTimeout: 3,
    startupScript: 'echo "score $(cat /proc/self/oom_score_adj) as $(id -un)"',
    job: 'id; echo "score $(cat /proc/self/oom_score_adj)"; cat /proc/self/cgroup; sudo -n id -u; sudo -n systemctl list-timers --all "cml*"',
    within: 40,
    look: ({ console, job, registrations }) => [
      ...says(
        console,
        ' timers: ',
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
    title: 'works although nothing in /var, /tmp and /home can be executed',
    idleTimeout: 3,
    prepare: (root) => {
      for (const path of ['var', 'tmp', 'home'].map((name) => join(root, name))) {
        execFileSync('mount', ['--bind', path, path])
        execFileSync('mount', ['-o', 'remount,bind,noexec', path])
      }
    },
    // Packages run scripts of theirs in /var, and may.
    job: `printf '#!/bin/sh\necho from-var-$1\n' | sudo -n tee /var/script >/dev/null; sudo -n chmod 755 /var/script
      /var/script forbidden || true
      paths=$(systemctl show -P ExecPaths cml-runner-packages.service); sudo -n systemd-run --quiet --pipe --wait -p "ExecPaths=$paths" /var/script allowed`,
    within: 60,
    look: ({ console, job }) => [
      ...says(console, ' timers: ', ' fetched: ', ' job-ended: train: Succeeded', ' ending: idle for '),
      ...says(job?.log ?? '', 'from-var-allowed'),
      ...holds('nothing was forbidden', !job?.log.includes('from-var-forbidden')),
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
    title: 'tells its cloud, until that takes it, before it powers off, where that only stops it',
    cloud: { powerOff: 'stops', answer: (count) => (count < 2 ? 503 : 200) },
    idleTimeout: 3,
    within: 40,
    look: ({ console, registrations, told }) => [
      ...says(console, ' ending: the agent has stopped', ' ending: the cloud does not take it (1): HTTP 503'),
      ...holds(`the cloud was told ${told} times`, told === 3),
      ...holds('a registration is left', registrations === 0),
    ],
  },
  {
    title: 'tells its cloud when its agent is killed',
    cloud: { powerOff: 'stops', answer: () => 200 },
    job: `sudo -n kill -9 ${agentPid}; sleep 60`,
    within: 25,
    look: ({ console, told }) => [
      ...says(console, ' ending: the agent has stopped'),
      ...holds(`the cloud was told ${told} times`, told === 1),
    ],
  },
  {
    title: 'tells its cloud at its deadline, before it powers off',
    cloud: { powerOff: 'stops', answer: (count) => (count < 1 ? 503 : 200) },
    lifetime: 15,
    job: 'sleep 60',
    within: 40,
    look: ({ console, told }) => [
      ...says(console, ' ending: its lifetime is over', ' interrupted: '),
      ...holds(`the cloud was told ${told} times`, told >= 2),
    ],
  },
  {
    title: 'tells its cloud when somebody else powers it off',
    cloud: { powerOff: 'stops', answer: () => 200 },
    job: 'sudo -n poweroff; sleep 60',
    within: 40,
    look: ({ console, told }) => [
      ...says(console, ' interrupted: '),
      ...holds('the cloud was told nothing', told > 0),
    ],
  },
  {
    title: 'tells its cloud after a reboot, by its disk alone',
    cloud: { powerOff: 'stops', answer: () => 200 },
    identity: 'ec2e1916-9099-7caf-fd21-012345abcdef',
    // No word to anybody, as when its power fails.
    job: 'sudo -n head -c 1G /dev/zero | sudo -n tee /opt/full >/dev/null || true; sudo -n systemctl --force --force reboot; sleep 60',
    boots: 2,
    within: 40,
    look: ({ console, told }) => [
      ...says(console, ' listening', ' ending: it was rebooted'),
      ...holds('the boothook ran again', console.split(' timers: ').length === 2),
      ...holds(`the cloud was told ${told} times`, told === 1),
    ],
  },
  {
    title: 'stays on, where powering off is useless, until its cloud never will take it',
    cloud: { powerOff: 'useless', answer: (count) => (count < 3 ? 500 : 403) },
    idleTimeout: 3,
    within: 60,
    look: ({ console, told }) => [
      ...says(
        console,
        ' ending: the cloud does not take it (1): HTTP 500',
        ' ending: the cloud does not take it (77): HTTP 403',
      ),
      ...holds(`the cloud was told ${told} times`, told === 4),
    ],
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
      ...holds('the boothook ran again', console.split(' timers: ').length === 2),
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
  {
    title: 'ends at once when its agent is killed, although its job has left what ignores all it is told',
    // Nothing that its runner would find.
    job: `env -i setsid /bin/sh -c "${deaf}" & sleep 2; sudo -n kill -9 ${agentPid}; sleep 60`,
    within: 25,
    look: ({ console, job }) => [
      ...says(job?.log ?? '', 'deaf'),
      ...says(console, ' ending: the agent has stopped'),
    ],
  },
  {
    title: 'ends at its deadline, although its job ignores what it is told',
    lifetime: 15,
    job: deaf,
    within: 75,
    look: ({ console, job }) => [
      ...says(job?.log ?? '', 'deaf'),
      ...says(console, ' ending: its lifetime is over'),
    ],
  },
  {
    title: 'ends at its deadline, although its agent is stopped for good',
    lifetime: 15,
    // Outside of what a shutdown stops.
    job: `agent=${agentPid}; sudo -n systemd-run --unit=stopper -p DefaultDependencies=no -p Slice=-.slice sh -c "while :; do kill -STOP $agent; sleep 0.1; done"; ${deaf}`,
    within: 15 + 80 + 20,
    look: ({ console }) => [
      ...says(console, ' ending: its lifetime is over'),
      ...holds(
        'the agent was not stopped',
        secondsBetween(console, 'ending: its lifetime', 'ending: the agent') >= 75,
      ),
    ],
  },
  {
    title: 'ends at its deadline, although a package manager forbids to shut down',
    lifetime: 15,
    job: 'sudo -n systemd-inhibit --what=shutdown --mode=block sleep 300 >/dev/null 2>&1 & sleep 1; systemd-inhibit --list; sleep 60',
    within: 35,
    look: ({ console, job }) => [
      ...says(console, ' ending: its lifetime is over', ' interrupted: '),
      ...says(job?.log ?? '', 'block', 'The runner has received a shutdown signal'),
    ],
  },
  {
    title: 'ends at its deadline, although no process can be started any more',
    lifetime: 20,
    processes: 300,
    job: "sudo -n sh -c 'while :; do sleep 300 & done' || true; sleep 300",
    within: 50,
    look: ({ job }) => holds('processes were left', (job?.log ?? '').includes('fork')),
  },
  {
    title: 'ends at its deadline, although systemd has executed itself anew meanwhile',
    lifetime: 15,
    job: 'sudo -n systemctl daemon-reexec; sudo -n systemctl daemon-reload; echo anew; sleep 60',
    within: 35,
    look: ({ console, job }) => [
      ...says(console, ' ending: its lifetime is over', ' interrupted: '),
      ...says(job?.log ?? '', 'anew'),
    ],
  },
  {
    title: 'powers off when it is halted, and cannot be put to sleep',
    job: 'systemctl show -P LoadState sleep.target; systemctl show -P FragmentPath systemd-halt.service; sudo -n halt; sleep 60',
    within: 40,
    look: ({ console, job }) => [
      ...says(console, ' interrupted: ', 'Powering off.'),
      ...says(job?.log ?? '', ' masked', ' /run/systemd/system/systemd-halt.service'),
      ...holds('it only halted', !console.includes('Halting system')),
    ],
  },
  {
    title: 'says its last words although the login program of its console has left and hung it up',
    job: 'systemctl is-active console-getty; sudo -n systemctl stop console-getty; sudo -n poweroff; sleep 60',
    within: 40,
    look: ({ console, job }) => [
      ...says(console, ' listening', ' interrupted: '),
      ...says(job?.log ?? '', ' active\n'),
    ],
  },
  {
    title: 'ends when all but its kernel is started anew',
    job: 'sudo -n systemctl soft-reboot; sleep 60',
    within: 40,
    look: ({ console }) => holds('it lives on', console.includes(' ending: ')),
  },
  {
    title: 'works on when cloud-init is called again',
    idleTimeout: 3,
    job: 'sudo -n cloud-init init && sleep 5 && sudo -n systemctl list-timers --all "cml*"',
    within: 40,
    look: ({ console, job }) => [
      ...says(console, ' job-ended: train: Succeeded', ' ending: idle for '),
      ...holds('the boot timer runs again', !job?.log.includes('cml-runner-boot.timer')),
    ],
  },
  {
    title: 'ends when its archive is not there, and says so',
    download: 'missing',
    within: 40,
    look: ({ console }) =>
      says(console, ' failed: the download of the runner: ', 'curl: (22)', ' ending: it could not be set up'),
  },
  {
    title: 'ends when its archive is another than the published one, and says so',
    download: 'other bytes',
    within: 20,
    look: ({ console }) => says(console, ' failed: the digest of the runner: ', 'runner.tar.gz: FAILED'),
  },
  {
    title: 'ends when its archive is none, and says so',
    download: 'no archive',
    within: 20,
    look: ({ console }) => says(console, ' failed: the unpacking of the runner: ', 'not in gzip format'),
  },
  {
    title: 'ends when its archive brings no Node, and says so',
    download: 'without Node',
    within: 20,
    look: ({ console }) => says(console, ' failed: the Node of the runner: '),
  },
  {
    title: 'ends when its agent cannot run',
    download: 'with a Node that fails',
    within: 20,
    look: ({ console }) => says(console, ' ending: the agent has stopped'),
  },
  {
    title: 'ends when it cannot make the user of the runner, and says so',
    prepare: (root) =>
      writeFileSync(join(root, 'usr/local/sbin/useradd'), '#!/bin/sh\necho no more users >&2\nexit 1\n', {
        mode: 0o755,
      }),
    within: 20,
    look: ({ console }) => says(console, ' failed: the user of the runner: ', 'no more users'),
  },
  {
    title: 'ends when it has no room for what it is sent',
    options: ['--tmpfs=/opt:size=8k,mode=755'],
    within: 20,
    look: ({ console }) => says(console, ' timers: ', ' ending: it could not be set up'),
  },
  {
    title: 'is left alone while its download is slow, and works then',
    launchTimeout: 1,
    download: { seconds: 270 },
    idleTimeout: 40,
    job: 'sudo -n systemctl list-timers --all "cml*"',
    within: 380,
    look: ({ console, job }) => [
      ...says(console, ' job-ended: train: Succeeded', ' ending: idle for '),
      ...holds('its boot was not slow', secondsBetween(console, 'timers', 'listening') >= 265),
      ...holds(
        'it ended before the boot timer would have',
        secondsBetween(console, 'timers', 'ending') > 305,
      ),
      ...holds('the boot timer still runs', !job?.log.includes('cml-runner-boot.timer')),
    ],
  },
  {
    title: 'ends when its runner is not online in time, and not before',
    launchTimeout: 1,
    download: { seconds: 2000 },
    within: 330,
    look: ({ console }) => [
      ...says(console, ' ending: its runner was not online in time'),
      ...holds('it was ended too early', secondsBetween(console, 'timers', 'ending') >= 300),
    ],
  },
]
