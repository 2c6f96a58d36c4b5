import { noContainers, type PodProgram } from '../../machine/pod-program.ts'
import { gitlabProgram } from './runner-program.ts'

/**
 * The shell executor ignores `image:` and would run the job in the pod's own. A job with one has the variable CI_JOB_IMAGE (docs.gitlab.com, "Predefined
 * CI/CD variables"), which the hook before its sources looks for.
 */
export const gitlabInPod: PodProgram = {
  program: gitlabProgram,
  environment: () => ({}),
  files: {
    'hooks/job-started.sh': `#!/bin/sh\n[ -z "\${CI_JOB_IMAGE:-}" ] || {\n  echo "${noContainers}" >&2\n  exit 1\n}\n`,
  },
}
