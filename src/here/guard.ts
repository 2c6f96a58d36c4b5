import { spawn } from 'node:child_process'

import { processesIn } from '../agent/processes.ts'
import { run } from '../agent/run.ts'
import type { Clock } from '../lib/clock.ts'
import type { Home } from './home.ts'

/** s that a program has to end its job after it was told to. */
const grace = 40

/**
 * Shell: waits until it is told that all is well, or until whoever would tell it is gone; then it ends the program whose number stands in a file: by
 * the signal first, so that the forge sees the job fail and why. A number may be another process's by now, which works elsewhere.
 *
 * The program is told once, whoever does so: a second signal would end it before it can say what became of its job. What it started is waited for in its session,
 * whose number nobody else gets meanwhile: a shell before the program dies of the first line that nobody reads any more.
 */
const script = `read -r line && exit 0
read -r pid <"$1" || exit 0
case $pid in *[!0-9]* | '') exit 0 ;; esac
is_ours() {
  if [ -d /proc/self ]; then
    [ "/proc/$pid/cwd" -ef "$1" ]
  else
    lsof -a -p "$pid" -d cwd -Fn | grep -qxF "n$1"
  fi
}
members() {
  if [ -d /proc/self ]; then
    for stat in /proc/[0-9]*/stat; do
      read -r line <"$stat" || continue
      member=\${stat#/proc/}
      set -- \${line##*) }
      [ "$4" = "$pid" ] && [ "$1" != Z ] && echo "\${member%/stat}"
    done
  else
    kill -s 0 -- "-$pid" && echo "-$pid"
  fi
}
told=
read -r told <"$1.told"
if [ "$told" != "$pid" ]; then
  is_ours "$3" || exit 0
  echo "$pid" >"$1.told"
  kill -s "$2" "$pid"
fi
waited=0
while [ -n "$(members)" ] && [ $waited -lt "$4" ]; do
  sleep 1
  waited=$((waited + 1))
done
if [ "$told" != "$pid" ]; then
  for member in $(members); do kill -s KILL -- "$member"; done
fi
rm -f "$1.told"
exit 0
`

interface Guarded extends Pick<Home, 'pid' | 'tree' | 'folder'> {
  /** By which the program ends its job and itself. */
  readonly signal: NodeJS.Signals
}

/** Ends the runner's program once this process is gone, however it went. Returns what calls it off. */
export function guard(guarded: Guarded): () => void {
  const [program, ...words] = lineOf(guarded)
  const child = spawn(program!, words, { detached: true, env: plain, stdio: ['pipe', 'ignore', 'ignore'] })
  child.on('error', () => undefined)
  child.stdin?.on('error', () => undefined)
  child.unref()
  return () => void child.stdin?.end('well\n')
}

const plain = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' }

function lineOf({ pid, tree, signal }: Guarded): readonly string[] {
  return ['/bin/sh', '-c', script, 'cml-runner-guard', pid, signal.replace(/^SIG/, ''), tree, String(grace)]
}

/** Ends what an earlier runner of this folder left running. True where there was anything. */
export async function endLeftovers(guarded: Guarded, clock: Clock): Promise<boolean> {
  const left = () => processesIn(guarded.folder).filter((pid) => pid !== process.pid)
  if (left().length === 0) return false
  await run(lineOf(guarded), { env: plain })
  for (let tries = 0; left().length > 0 && tries < 20; tries++) {
    for (const pid of left()) killed(pid)
    await clock.sleep(100)
  }
  return true
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile, or is not ours to end.
  }
}
