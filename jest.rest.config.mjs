import everything, { drawn, long } from './jest.config.mjs'

export default {
  ...everything,
  testMatch: [...long, ...drawn],
  globals: { thorough: true },
}
