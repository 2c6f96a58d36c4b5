import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import type { Github } from '../../__tests__/emulators/github/github.ts'
import { assetsFromSource } from '../../__tests__/emulators/machine/assets.ts'
import { repacked, serve, type Served } from '../../__tests__/machine/downloads.ts'
import { agentConfigVersion, type Registration } from '../../src/machine/agent-config.ts'
import { renderPayload } from '../../src/machine/payload.ts'
import type { Ground } from '../../src/model/instance.ts'
import type { Story } from './story.ts'

const repository = 'octo-org/octo-repo'

/** What the launcher would send, and where the runner's archive comes from. */
export async function payloadFor(
  github: Github,
  story: Story,
  ground: Ground,
): Promise<{ payload: Buffer } & Served> {
  if (story.machine === 'own')
    return { payload: Buffer.from('#cloud-config\n{}\n'), ...(await serveFor(github, story)) }
  const { idleTimeout = 60, lifetime = 3600, launchTimeout = 600, startupScript } = story
  const now = Date.now() / 1000
  const served = await serveFor(github, story)
  const payload = renderPayload({
    config: {
      version: agentConfigVersion,
      identity: 'abcdefghijklmnopqrst',
      cloud: 'none',
      name: 'cml-real',
      labels: ['cml'],
      single: false,
      idleTimeout,
      expiresAt: now + lifetime,
      startupScript: startupScript !== undefined,
      registration: await registrationAt(github, now),
      proxy: {},
    },
    download: served.download,
    launchTimeout,
    ground,
    carrier: 'cloud-init',
    assets: assetsFromSource(),
    ...(startupScript === undefined ? {} : { startupScript: Buffer.from(startupScript) }),
  })
  return { payload, ...served }
}

async function registrationAt(github: Github, now: number): Promise<Registration> {
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
  const url = `https://github.com/${repository}`
  return { forge: 'github', kind: 'token', url, token, expiresAt: now + 3600 }
}

async function serveFor(github: Github, { download: kind }: Story): Promise<Served> {
  const { bytes, url, sha256 } = github.archive()
  const published = { url, sha256, version: '2.336.0' }
  const nodes = [20, 24].map((version) => `externals/node${version}/bin/node`)
  const of = (download: Served['download']): Served => ({
    download,
    asked: Promise.resolve(),
    close: () => undefined,
  })
  switch (kind) {
    case undefined:
      return of(published)
    case 'missing':
      // Withdrawn after the launch has read of it.
      github.fault = ({ path }) => (url.endsWith(path) ? { status: 404, body: 'Not Found' } : undefined)
      return of(published)
    case 'other bytes':
      return of({ ...published, sha256: 'a'.repeat(64) })
    case 'no archive':
      return serve(Buffer.from('<html>a proxy has its say</html>'))
    case 'without Node':
      return serve(repacked(bytes, (folder) => nodes.forEach((node) => rmSync(join(folder, node)))))
    case 'with a Node that fails':
      return serve(
        repacked(bytes, (folder) =>
          nodes.forEach((node) => writeFileSync(join(folder, node), '#!/bin/sh\n[ "$1" = --version ]\n')),
        ),
      )
    default: {
      const slow = repacked(bytes, (folder) => writeFileSync(join(folder, 'filler'), randomBytes(4_000_000)))
      return serve(slow, (response) => void trickle(response, slow, kind.seconds))
    }
  }
}

/** Some of it each second, more than curl takes for a stalled transfer. */
async function trickle(response: ServerResponse, bytes: Buffer, seconds: number): Promise<void> {
  const size = Math.ceil(bytes.length / seconds)
  response.setHeader('content-length', bytes.length)
  for (let at = 0; at < bytes.length && !response.destroyed; at += size) {
    response.write(bytes.subarray(at, at + size))
    await pause(1000, undefined, { ref: false })
  }
  response.end()
}
