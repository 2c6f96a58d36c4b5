import { forgeConformance } from '../conformance/forge-suite.ts'
import { githubWorld } from './github-world.ts'

forgeConformance('GitHub, a repository with registration tokens', () => githubWorld())
forgeConformance('GitHub, an organisation with registration tokens', () => githubWorld({ repo: '/octo-org' }))
forgeConformance('GitHub, a repository with just-in-time configurations', () =>
  githubWorld({ registration: 'jit' }),
)
forgeConformance('GitHub, an organisation with just-in-time configurations', () =>
  githubWorld({ registration: 'jit', repo: '/octo-org' }),
)
