export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // The default leaves one core idle, which doubles the time where there are two.
  maxWorkers: '100%',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  // dist and build hold second copies of modules that jest would otherwise find by name.
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/build'],
  transform: { '^.+\\.ts$': '<rootDir>/scripts/strip-types.mjs' },
  collectCoverageFrom: ['src/**/*.ts'],
  coverageProvider: 'v8',
  // Stories run whole processes; a hang is still found.
  testTimeout: 120_000,
}
