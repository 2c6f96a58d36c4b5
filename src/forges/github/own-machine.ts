import type { OwnProgram } from '../../machine/own-program.ts'
import { githubProgram } from './runner-program.ts'

/** Sources in github.com/actions/runner at v2.336.0: ConfigurationStore.cs, layoutroot/config.sh and run-helper.sh.template. */
export const githubOnOwnMachine: OwnProgram = {
  program: githubProgram,
  settings: ['', '_migrated']
    .flatMap((end) => [`.runner${end}`, `.credentials${end}`])
    .concat('.credentials_rsaparams'),
  asRoot: { RUNNER_ALLOW_RUNASROOT: '1' },
}
