// Lets Node run this project's TypeScript as it is: `node --import ./scripts/typescript.mjs file.ts`.
// Node strips the types by itself; saying the format here spares it from parsing each file twice, and us
// its warning, because package.json has no "type" (the bundler would then emit ES modules).
import { registerHooks } from 'node:module'

registerHooks({
  load(url, context, next) {
    const typescript = url.startsWith('file:') && url.endsWith('.ts') && !url.includes('/node_modules/')
    return next(url, typescript ? { ...context, format: 'module-typescript' } : context)
  },
})
