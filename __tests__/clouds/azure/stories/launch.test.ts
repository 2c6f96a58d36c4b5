import { describe, expect } from '@jest/globals'

import { story } from '../../../scenarios/story.ts'
import { azureOf, azureSide } from '../../../sides/azure.ts'

describe('a launch on Azure', () => {
  story(
    'is undone when Azure does not take the order for the end of its machine, and says why',
    async (stage) => {
      const { dials } = azureOf(stage)
      dials.denied.add('Microsoft.Resources/subscriptions/providers/read')
      dials.denied.add('Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action')
      const { main, post } = await stage.launch()
      expect([main.exitCode, post?.exitCode]).toEqual([1, 0])
      expect(main.log).toContain('have Azure end the machine at its hard end')
      expect(main.log).toContain('Microsoft.ComputeSchedule/locations/virtualMachinesSubmitDeallocate/action')
      expect(stage.cloud.machines).toHaveLength(1)
      expect(stage.cloud.leftovers()).toBe(0)
    },
    { cloud: azureSide },
  )

  story(
    'without an identity tells that its machine lives 6 h, and what that comes to, where nobody has said how long',
    async (stage) => {
      const { main, outputs } = await stage.launch({ 'cloud-permission-set': '' })
      expect(main.exitCode).toBe(0)
      const life = Date.parse(outputs.expiresAt!) - Date.parse(outputs.instanceLaunchTime!)
      expect(Math.round(life / 360_000) / 10).toBe(6)
      expect(main.log).toMatch(/cannot end its own bill.*after 6 h, at most \$\d+\.\d\d\./)
      await stage.command(
        [
          'stop',
          '--name',
          outputs.runnerName!,
          '--cloud',
          'azure',
          '--driver',
          'github',
          '--repo',
          `${stage.github.url}/octo-org/octo-repo`,
        ],
        {
          env: { ...stage.variables, CML_RUNNER_TOKEN: stage.github.token() },
        },
      )
    },
    { cloud: azureSide },
  )
})
