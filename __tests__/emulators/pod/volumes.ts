import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { MountSpec, SecretSpec, VolumeSpec } from './manifest.ts'

/** Contents by path, with rights. */
export interface VolumeFile {
  readonly path: string
  readonly bytes: Buffer
  readonly mode: number
}

/** What a node asks its cluster for before a pod's containers start. */
export interface VolumeSource {
  /** Base64 by key, once there is such a Secret. */
  secret(name: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  projected(volume: VolumeSpec, signal: AbortSignal): Promise<readonly VolumeFile[]>
}

/** Makes a volume in a folder, with what is in it. Waits for what is not there yet. */
export async function fillVolume(
  folder: string,
  volume: VolumeSpec,
  source: VolumeSource,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folder, volume.name)
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o777)
  if (volume.secret)
    layFiles(path, filesOf(volume.secret, await source.secret(volume.secret.secretName, signal)))
  if (volume.projected) layFiles(path, await source.projected(volume, signal))
}

function filesOf(
  { secretName, items, defaultMode = 0o644 }: SecretSpec,
  data: Readonly<Record<string, string>>,
): readonly VolumeFile[] {
  const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key, mode: undefined }))
  return wanted.map(({ key, path, mode = defaultMode }) => {
    const content = data[key]
    if (content === undefined) throw new Error(`references non-existent secret key: ${key} of ${secretName}`)
    return { path, bytes: Buffer.from(content, 'base64'), mode }
  })
}

/** As nodes lay them: a folder for each state of the contents, a link to the one that holds, and links for what people look at. */
export function layFiles(path: string, files: readonly VolumeFile[]): void {
  const state = '..2026_01_01_00_00_00.1'
  mkdirSync(join(path, state))
  for (const { path: file, bytes, mode } of files) {
    mkdirSync(dirname(join(path, state, file)), { recursive: true })
    writeFileSync(join(path, state, file), bytes)
    chmodSync(join(path, state, file), mode)
  }
  symlinkSync(state, join(path, '..data'))
  for (const top of new Set(files.map((file) => file.path.split('/')[0] ?? '')))
    symlinkSync(join('..data', top), join(path, top))
}

/** Lays the volumes into a container's root where it wants them. */
export function mount(root: string, volumes: string, mounts: readonly MountSpec[]): void {
  for (const { name, mountPath, subPath = '' } of [...mounts].sort(byDepth)) {
    const from = join(volumes, name, subPath)
    mkdirSync(from, { recursive: true })
    mkdirSync(dirname(join(root, mountPath)), { recursive: true })
    rmSync(join(root, mountPath), { recursive: true, force: true })
    symlinkSync(from, join(root, mountPath))
  }
}

const byDepth = (a: MountSpec, b: MountSpec): number => a.mountPath.length - b.mountPath.length
