import type { Platform } from '../../src/model/instance.ts'

export const x64: Platform = { os: 'linux', architecture: 'x64' }
export const arm64: Platform = { os: 'linux', architecture: 'arm64' }
export const mac: Platform = { os: 'macos', architecture: 'arm64' }

/** Every platform that a forge has a runner program for. */
export const platforms: readonly Platform[] = [x64, arm64, mac, { os: 'macos', architecture: 'x64' }]
