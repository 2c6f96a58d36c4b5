import type { OwnProgram } from '../../machine/own-program.ts'
import { gitlabProgram } from './runner-program.ts'

/** It is told everything when it starts, and keeps nothing. */
export const gitlabOnOwnMachine: OwnProgram = { program: gitlabProgram, settings: [], asRoot: {} }
