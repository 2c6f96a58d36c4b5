import './scripts/typescript.mjs'

// After the line above, which lets Node read it.
const { computeProtosFile } = await import('./scripts/build/compute-protos.ts')
const { clusterClientFile } = await import('./scripts/build/light-cluster-client.ts')

/**
 * Stories told through whole processes and machines, which take minutes: `npm test` leaves them to `npm run test:rest`. Of each kind it
 * has the shortest in `lives/`: one life and one removal for each cloud with each forge, and a runner on the machine at hand.
 */
export const long = [
  'scenarios/*.test.ts',
  'clouds/*/stories/*.test.ts',
  'here/stories/*.test.ts',
  'component/*.test.ts',
  'machine/!(payload).test.ts',
  'fuzz/machine.test.ts',
  'here/!(lasting).test.ts',
  'forges/runner-package.test.ts',
  'dist/into.test.ts',
].map(files)

/** Drawn by chance: a few draws with every `npm test`, and many in `npm run test:rest` (`__tests__/thorough.ts`). */
export const drawn = ['fuzz/options.test.ts', 'options/parse.test.ts', 'generate/component.test.ts'].map(
  files,
)

function files(pattern) {
  return `**/__tests__/${pattern}`
}

// Whoever names files means them, long or not.
const named = process.argv.slice(2).some((word) => !word.startsWith('-'))

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // The default leaves one core idle, which doubles the time where there are two.
  maxWorkers: '100%',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts', ...(named ? [] : long.map((pattern) => `!${pattern}`))],
  // dist and build hold second copies of modules that jest would otherwise find by name.
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build'],
  // The whole description of Compute Engine's API would be read anew by each client, and a client of hundreds of files by each test.
  moduleNameMapper: {
    '/protos/protos\\.json$': computeProtosFile(import.meta.dirname),
    '^@kubernetes/client-node$': await clusterClientFile(import.meta.dirname),
  },
  transform: { '^.+\\.ts$': '<rootDir>/scripts/strip-types.mjs' },
  collectCoverageFrom: ['src/**/*.ts'],
  coverageProvider: 'v8',
  // Stories run whole processes; a hang is still found.
  testTimeout: 120_000,
}
