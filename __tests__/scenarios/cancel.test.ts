import { describe, expect } from '@jest/globals'
import { story, type Stage } from './story.ts'

describe('a command line that is interrupted', () => {
  const argvOf = ({ cloud, github }: Stage) => [
    ...['--cloud', cloud.side.name, '--driver', 'github', '--repo', `${github.url}/octo-org/octo-repo`],
    ...['--token', github.token()],
  ]
  const envOf = ({ github }: Stage) => ({ GITHUB_API_URL: github.apiUrl, GITHUB_SERVER_URL: github.url })

  story('removes what it made before it ends', async (stage) => {
    const { code, stdout, stderr } = await stage.command(argvOf(stage), {
      env: envOf(stage),
      interruptWhen: (log) => log.includes('Created '),
    })
    expect([code, stdout]).toEqual([130, ''])
    expect(stage.leftovers()).toEqual({ cloud: 0, forge: 0 })
    expect(stderr).toMatch(
      new RegExp(`^Removing .*${stage.cloud.machines[0]!.id} in ${stage.cloud.side.words.home}`, 'm'),
    )
  })

  /** The cloud makes machines and does not end them. */
  const stubborn = ({ cloud }: Stage): void => {
    cloud.fault = ({ verb }) => (verb === 'destroy' ? '5xx' : undefined)
    cloud.bootDelay(60_000)
  }

  story(
    'in CI, whose patience is short, says what it could not confirm and how that is removed',
    async (stage) => {
      stubborn(stage)
      const { code, stderr } = await stage.command(argvOf(stage), {
        env: { ...envOf(stage), CI: 'true' },
        interruptWhen: (log) => log.includes('Waiting for runner'),
      })
      expect(code).toBe(130)
      expect(stderr).toContain(stage.cloud.side.words.removal(stage.cloud.machines[0]!))
      await stage.machine().terminate()
    },
  )

  story(
    'on a terminal tries until somebody insists, and then says what may be left, and a line that removes it',
    async (stage) => {
      stubborn(stage)
      let terminations = 0
      const again = new Promise<void>((resolve) => {
        stage.cloud.fault = ({ verb }) => {
          if (verb !== 'destroy') return undefined
          if (++terminations === 3) resolve()
          return '5xx'
        }
      })
      const name = `it's "$HOME" & more`
      const { code, stderr } = await stage.command([...argvOf(stage), '--name', name], {
        env: envOf(stage),
        interruptWhen: (log) => log.includes('Waiting for runner'),
        interruptAgain: again,
      })
      expect(code).toBe(130)
      const identity = stage.cloud.machines[0]!.lease?.identity
      expect(stderr).toContain(`${stage.cloud.side.words.search(identity ?? '')}.`)
      const [, line = ''] = /^warning: Remove what is left, .* with: (.*)$/m.exec(stderr) ?? []
      expect(line).toMatch(/^cml-runner stop .*--token "\$CML_RUNNER_TOKEN"/)
      stage.cloud.fault = undefined
      const env = { ...envOf(stage), CML_RUNNER_TOKEN: stage.github.token() }
      const pasted = await stage.paste(line, { env })
      expect([pasted.code, stage.leftovers()]).toEqual([0, { cloud: 0, forge: 0 }])
    },
  )
})
