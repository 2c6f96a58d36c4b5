import { lookForDocker } from '../agent/docker.ts'
import { request } from '../agent/request.ts'
import { gitlabProgram } from '../forges/gitlab/runner-program.ts'
import { runAgent } from './agent-main.ts'

void runAgent(gitlabProgram, { request, lookForDocker })
