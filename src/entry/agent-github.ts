import { githubProgram } from '../forges/github/runner-program.ts'
import { runAgent } from './agent-main.ts'

void runAgent(githubProgram)
