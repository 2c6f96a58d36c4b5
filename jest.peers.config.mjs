import everything from './jest.config.mjs'

/** Against real programs, where they are here. */
export default { ...everything, testMatch: ['<rootDir>/__tests__/peers/**/*.peer.ts'] }
