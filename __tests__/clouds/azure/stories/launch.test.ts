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
      expect(main.log).toContain('have Azure end the machine when its `max-lifetime` is over')
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

  story(
    'whose machine finds that it may not remove itself says what that costs, and the machine switches itself off',
    async (stage) => {
      azureOf(stage).dials.machineMay.clear()
      const { main } = await stage.launch({ 'idle-timeout': '4s' })
      expect(main.exitCode).toBe(0)
      expect(main.log).toMatch(/self-deletion: not allowed/)
      await stage.machine().ended
      await stage.cloud.until(() => stage.cloud.machines[0]?.told === 'Succeeded/stopped')
      expect(stage.cloud.machines[0]?.billed).toBe(true)
      const { main: swept } = await stage.launch({ command: 'stop', 'idle-timeout': '' })
      expect(swept.exitCode).toBe(0)
    },
    { cloud: azureSide },
  )

  for (const [death, said] of [
    ['evicted', /taken it back|evict/i],
    ['stopped', /switched off, by itself or by somebody, and is billed as before/],
  ] as const)
    story(
      `whose machine is ${death} in its boot says so, and leaves nothing`,
      async (stage) => {
        const { dials } = azureOf(stage)
        dials.dies = 'in-boot'
        dials.death = death
        const { main, post } = await stage.launch({ 'cloud-spot': 'true' })
        expect([main.exitCode, post?.exitCode]).toEqual([1, 0])
        expect(main.log).toMatch(said)
        expect(stage.cloud.leftovers()).toBe(0)
      },
      { cloud: azureSide },
    )
})
