// Runs programs for as long as its standard input is open, so that they end with whoever started this one, however that ends: each line of it is
// JSON of { path, words }, to be started. At its end they are ended, the last first, and the folder that is its argument, where they work, is removed.
import { spawn } from 'node:child_process'
import { openSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { clearTimeout, setTimeout } from 'node:timers'

const folder = process.argv[2]
/** ms until one that was asked to end is killed. */
const patience = 5_000
const running = []

function start({ path, words }) {
  const name = basename(path)
  const out = openSync(join(folder, `${name}.log`), 'a')
  const child = spawn(path, words, { cwd: folder, stdio: ['ignore', out, out] })
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
  running.unshift({ child, ended })
  void ended.then((status) => process.stdout.write(`${name} ended: ${status}\n`))
}

async function endAll() {
  for (const { child, ended } of running) {
    child.kill()
    const killer = setTimeout(() => child.kill('SIGKILL'), patience)
    await ended
    clearTimeout(killer)
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  process.exit()
}

// Whoever started it decides; a terminal's interrupt goes to everybody.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
// Nobody may listen any more.
process.stdout.on('error', () => undefined)
createInterface({ input: process.stdin })
  .on('line', (line) => start(JSON.parse(line)))
  .on('close', endAll)
