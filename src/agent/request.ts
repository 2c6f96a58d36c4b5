import { rmSync, writeFileSync } from 'node:fs'

import { renderCurl } from '../machine/curl.ts'
import * as machinePaths from '../machine/paths.ts'
import { proxyEnvironment } from '../machine/proxy.ts'
import type { WebRequest } from '../machine/runner-program.ts'
import { run } from './run.ts'
import type { Machine } from './world.ts'

/**
 * Makes a request by curl, which has fetched the runner already and knows proxies and the system's certificates; its secrets
 * stand in a file in memory that only root can read. All tries together take less than 30 s. What went wrong, in a few words;
 * undefined = nothing.
 */
export async function request(
  { root, environment, config, journal }: Pick<Machine, 'root' | 'environment' | 'config' | 'journal'>,
  { method, url, form, gone }: WebRequest,
): Promise<string | undefined> {
  const file = root + machinePaths.request
  const fields = Object.entries(form).map(([name, value]) => ['data-urlencode', `${name}=${value}`] as const)
  const options = [
    ['request', method],
    ['url', url],
    ...fields,
    // Behind the answer's body, which is not put into a file: curl would empty it before another try, and cannot with /dev/null.
    ['write-out', '\\n%{http_code}'],
    ['silent'],
    ['show-error'],
    ['connect-timeout', '5'],
    ['max-time', '8'],
    // Of what may be fine soon (408, 429, 5xx, a timeout), and of a connection that nobody takes.
    ['retry', '2'],
    ['retry-delay', '1'],
    ['retry-connrefused'],
  ] as const
  try {
    rmSync(file, { force: true })
    writeFileSync(file, renderCurl(options), { mode: 0o600, flag: 'wx' })
    const env = { ...environment, ...proxyEnvironment(config.proxy) }
    const { status, lines } = await run(['curl', '--config', file], { env, line: journal })
    const answer = Number(lines.at(-1))
    if (status === 0 && ((answer >= 200 && answer < 300) || gone.includes(answer))) return undefined
    return status === 0 ? `HTTP ${answer}` : lines.join(' ').slice(0, 200)
  } catch (error) {
    return String(error)
  } finally {
    rmSync(file, { force: true })
  }
}
