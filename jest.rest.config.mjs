import everything, { drawn, long } from './jest.config.mjs'

// Most of a story is waiting, for machines, deadlines and each other: more of them at once than there are cores.
const waiting = { maxWorkers: '150%', maxConcurrency: 6 }

export default {
  ...everything,
  ...waiting,
  testMatch: [...long, ...drawn],
  globals: { thorough: true },
}
