import { forgeConformance } from '../conformance/forge-suite.ts'
import { gitlabWorld } from './gitlab-world.ts'

forgeConformance('GitLab, the project of the job', () => gitlabWorld())
forgeConformance('GitLab, a group', () => gitlabWorld({ repo: '/octo-group' }))
forgeConformance('GitLab under a sub-path, a project, from elsewhere', () =>
  gitlabWorld({ repo: '/octo-group/octo-project', inJob: false }, { path: '/git/lab' }),
)
