import { noContainers, type PodProgram } from '../../machine/pod-program.ts'
import { githubProgram } from './runner-program.ts'

const refusal = 'hooks/no-containers.sh'

/**
 * Everything that would be a container goes to a hook, where one is named (actions/runner docs/adrs/1891-container-hooks.md): of `container:`, `services:`
 * and actions in Docker. Ours says why there is none, and fails.
 */
export const githubInPod: PodProgram = {
  program: githubProgram,
  // Of a container's root the program is told that it may run (layoutroot/config.sh).
  environment: (home) => ({
    RUNNER_ALLOW_RUNASROOT: '1',
    ACTIONS_RUNNER_CONTAINER_HOOKS: `${home}/${refusal}`,
  }),
  files: { [refusal]: `#!/bin/sh\necho "::error::${noContainers}"\nexit 1\n` },
}
