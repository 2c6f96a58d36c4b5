import { join } from 'node:path'

/** For the environment of a process that is started over and over: Node keeps what it has compiled, and only the first start pays for that. */
export const compiled = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/cml-runner-compiled'),
} as const
