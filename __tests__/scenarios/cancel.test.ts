import { describe, expect } from '@jest/globals'
import { expectCancelled, story, type Stage } from './story.ts'

const nothingLeft = 'nothing of this launch is left.'

describe('a cancelled job', () => {
  story('while nothing was made leaves nothing to remove', async (stage) => {
    const { ec2 } = stage
    const cancel = new AbortController()
    ec2.fault = ({ action }) => {
      if (action !== 'DescribeImages') return undefined
      cancel.abort()
      return 'unheard'
    }
    const result = await stage.launch({}, { cancel: cancel.signal })
    expectCancelled(result)
    expect(result.post?.log).toContain('The launch ended before it created anything.')
    expect(ec2.calls('RunInstances')).toEqual([])
  })

  story('while EC2 is asked for the machine, which it makes and whose answer nobody hears', async (stage) => {
    const { ec2 } = stage
    const cancel = new AbortController()
    ec2.fault = ({ action }) => {
      if (action !== 'RunInstances') return undefined
      cancel.abort()
      return 'unheard'
    }
    ec2.dials.lag = { looks: 2 }
    ec2.dials.bootDelay = 60_000
    const result = await stage.launch({}, { cancel: cancel.signal })
    expectCancelled(result)
    expect(ec2.machines).toHaveLength(1)
    expect(result.post?.log).toMatch(new RegExp(`^Removing .*${ec2.machines[0]!.id} in us-west-1`, 'm'))
    expect(result.post?.log).toContain(nothingLeft)
  })

  story('while the machine has registered and is not online yet', async (stage) => {
    const { github } = stage
    github.fault = ({ method, path }) =>
      method === 'POST' && path.endsWith('/sessions') ? 'silent' : undefined
    const cancel = new AbortController()
    void github.until(() => github.runners().length > 0).then(() => cancel.abort())
    const result = await stage.launch({}, { cancel: cancel.signal })
    expectCancelled(result)
    expect(result.post?.log).toContain('Removed 1 machine(s) and 1 registration(s)')
  })

  story('while a place that turned out empty is given up', async (stage) => {
    const { ec2 } = stage
    ec2.dials.dies = 'before-boot'
    ec2.dials.death = { code: 'Server.InsufficientInstanceCapacity', message: 'no capacity' }
    const inputs = { 'cloud-region': 'us-west-1b,us-west-1c', 'cloud-type': 'm7i.2xlarge' }
    const result = await stage.launch(inputs, { cancelWhen: (line) => line.startsWith('No m7i.2xlarge ') })
    expectCancelled(result)
    expect(ec2.calls('RunInstances')).toHaveLength(1)
    expect(result.post?.log).toContain(nothingLeft)
  })
})

describe('a command line that is interrupted', () => {
  const argvOf = ({ github }: Stage) => [
    ...['--cloud', 'aws', '--driver', 'github', '--repo', `${github.url}/octo-org/octo-repo`],
    ...['--token', github.token()],
  ]
  const envOf = ({ github }: Stage) => ({ GITHUB_API_URL: github.apiUrl, GITHUB_SERVER_URL: github.url })

  story('removes what it made before it ends', async (stage) => {
    const { code, stdout, stderr } = await stage.command(argvOf(stage), {
      env: envOf(stage),
      interruptWhen: (log) => log.includes('Created i-'),
    })
    expect([code, stdout]).toEqual([130, ''])
    expect(stage.leftovers()).toEqual({ cloud: 0, forge: 0 })
    expect(stderr).toMatch(new RegExp(`^Removing .*${stage.ec2.machines[0]!.id} in us-west-1`, 'm'))
  })

  /** EC2 makes machines and does not end them. */
  const stubborn = ({ ec2 }: Stage): void => {
    ec2.fault = ({ action }) => (action === 'TerminateInstances' ? '5xx' : undefined)
    ec2.dials.bootDelay = 60_000
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
      const [{ id } = { id: '' }] = stage.ec2.machines
      expect(stderr).toContain(`aws ec2 terminate-instances --region us-west-1 --instance-ids ${id}`)
      await stage.machine().terminate()
    },
  )

  story('on a terminal tries until somebody insists, and then says what may be left', async (stage) => {
    stubborn(stage)
    let terminations = 0
    const again = new Promise<void>((resolve) => {
      stage.ec2.fault = ({ action }) => {
        if (action !== 'TerminateInstances') return undefined
        if (++terminations === 3) resolve()
        return '5xx'
      }
    })
    const { code, stderr } = await stage.command(argvOf(stage), {
      env: envOf(stage),
      interruptWhen: (log) => log.includes('Waiting for runner'),
      interruptAgain: again,
    })
    expect(code).toBe(130)
    const identity = stage.ec2.machines[0]!.order.tags['cml-runner-identity']
    expect(stderr).toContain(`with the tag cml-runner-identity=${identity}`)
    await stage.machine().terminate()
  })
})

describe('a launcher that is killed', () => {
  story('alone is cleaned up after by the post step of its job', async (stage) => {
    const step = await stage.prepare(
      {},
      { onLine: (line) => line.startsWith('Created ') && step.child()?.kill('SIGKILL') },
    )
    const main = await step.main()
    const post = await step.post()
    await step.dispose()
    expect([main.signal, post.exitCode, stage.ec2.machines.length]).toEqual(['SIGKILL', 0, 1])
    expect(post.log).toContain('Removed 1 machine(s)')
  })

  story('with its host leaves a machine that ends by itself, and no registration', async (stage) => {
    const result = await stage.launch(
      { 'idle-timeout': '3' },
      { killWhen: (line) => line.startsWith('Created ') },
    )
    expect([result.main.signal, result.post]).toEqual(['SIGKILL', undefined])
    expect(await stage.machine().ended).toBe('powered-off')
    expect(stage.ec2.machines).toHaveLength(1)
  })
})
