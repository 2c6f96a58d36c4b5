import { readFileSync } from 'node:fs'

import { agentConfigVersion, type AgentConfig } from '../machine/agent-config.ts'
import { parseConfig } from '../machine/config-file.ts'
import * as machinePaths from '../machine/paths.ts'

/** What the launcher told this machine. Throws when it was written by a launcher that this agent would misread. */
export function readConfig(root: string): AgentConfig {
  const config = parseConfig(readFileSync(root + machinePaths.config, 'utf8'))
  if (config.version !== agentConfigVersion) {
    throw new Error(
      `the launcher speaks version ${config.version} of the agent's configuration, the agent ${agentConfigVersion}`,
    )
  }
  return config
}
