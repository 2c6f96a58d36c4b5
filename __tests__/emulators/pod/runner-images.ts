import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseConfig } from '../../../src/machine/config-file.ts'
import { archiveFor } from '../github/archive.ts'
import { gitlabRunner } from '../gitlab-runner/package.ts'
import { plainImage, type Image, type Images } from './image.ts'
import { publishedImage, type Published } from './published.ts'

/** What the publishers of the forges' runners have, as they lay it out, and one image of a distribution. Nothing else is to be had. */
export const runnerImages: Images = (name) => {
  const published = publishedImage(name)
  if (published) return published.forge === 'github' ? githubImage(published) : gitlabImage(published)
  if (name === 'debian:13') return plainImage('d')
  const message = `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`
  return { reason: 'ErrImagePull', message }
}

function githubImage({ digest, version }: Published): Image {
  return {
    digest,
    uid: 1001,
    home: '/home/runner',
    workingDir: '/home/runner',
    lay(root, volumes) {
      const folder = join(root, 'home/runner')
      mkdirSync(folder, { recursive: true })
      const endpoint = endpointIn(volumes)
      const { bytes } = archiveFor({
        version,
        system: 'linux',
        architecture: 'x64',
        endpoint,
        needsLibicu: false,
      })
      execFileSync('tar', ['-xzf', '-', '-C', folder], { input: bytes })
    },
  }
}

function gitlabImage({ digest }: Published): Image {
  return {
    digest,
    uid: 0,
    lay(root) {
      mkdirSync(join(root, 'usr/bin'), { recursive: true })
      writeFileSync(join(root, 'usr/bin/gitlab-runner'), gitlabRunner().bytes)
      chmodSync(join(root, 'usr/bin/gitlab-runner'), 0o755)
    },
  }
}

/** The emulated program knows one server; which one a launch is for, is in what it has sent. */
function endpointIn(volumes: string): string {
  const files = readdirSync(volumes).map((volume) => join(volumes, volume, 'agent.json'))
  for (const file of files) {
    const text = textOf(file)
    if (text === undefined) continue
    const { registration } = parseConfig(text)
    if (registration.forge !== 'github') break
    if (registration.kind === 'token') return new URL(registration.url).origin
    return originIn(registration.config)
  }
  return 'http://127.0.0.1:9'
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** A just-in-time configuration is files in Base64, by name. */
function originIn(config: string): string {
  const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8')
  const files = JSON.parse(decode(config)) as Readonly<Record<string, string>>
  const settings = JSON.parse(decode(files['.runner'] ?? '')) as { readonly gitHubUrl: string }
  return new URL(settings.gitHubUrl).origin
}
