import everything, { long } from './jest.config.mjs'

export default { ...everything, testMatch: long }
