import { describe, expect } from '@jest/globals'
import { story, type Stage } from './story.ts'

const surroundings = {
  HTTPS_PROXY: 'http://me:pr0xyPassw0rd@127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
}

/** GitHub says no, and says back what it was asked with, wherever it can. */
function echo({ github }: Stage): string {
  const token = github.token()
  github.fault = ({ side, method }) =>
    side === 'api' && method === 'POST'
      ? {
          status: 403,
          headers: {
            'x-github-sso': `required; url=https://sso.example/?token=${token}`,
            'x-accepted-github-permissions': token,
          },
          body: {
            message: `Bad credentials: token ${token}`,
            documentation_url: `https://x.example/${token}`,
          },
        }
      : undefined
  return token
}

const secretsIn = ({ cloud }: Stage, text: string, token: string): readonly string[] =>
  [token, ...cloud.secrets, 'pr0xyPassw0rd'].filter((secret) => text.includes(secret))

describe('no secret is shown, however much is logged and whatever is said back,', () => {
  story('in a step of GitHub Actions', async (stage) => {
    const token = echo(stage)
    const env = { ...surroundings, RUNNER_DEBUG: '1' }
    const { main, post } = await stage.launch({ log: 'debug' }, { env, secrets: [] })
    expect(main.exitCode).toBe(1)
    const told = `${main.log}\n${post?.log ?? ''}\n${main.summary}`
    expect(told).toContain('Bad credentials')
    expect(secretsIn(stage, told, token)).toEqual([])
  })

  story('on a command line', async (stage) => {
    const token = echo(stage)
    const env = { ...surroundings, ...stage.github.variables }
    const argv = [`--cloud=${stage.cloud.side.name}`, '--driver=github', '--log=debug', `--token=${token}`]
    const { code, stdout, stderr } = await stage.command(argv, { env })
    expect(code).toBe(1)
    expect(stderr).toContain('Bad credentials')
    expect(secretsIn(stage, `${stdout}\n${stderr}`, token)).toEqual([])
  })

  story('when the cloud refuses', async (stage) => {
    stage.cloud.deny('create')
    const env = { ...surroundings, RUNNER_DEBUG: '1' }
    const { main } = await stage.launch({ log: 'debug' }, { env, secrets: [] })
    expect(main.exitCode).toBe(1)
    const told = `${main.log}\n${main.summary}`
    expect(told).toContain(stage.cloud.side.words.denied)
    expect(secretsIn(stage, told, stage.github.token())).toEqual([])
  })

  story('in an address, or where no option takes it', async (stage) => {
    const token = stage.github.token()
    const address = stage.github.url.replace('://', `://me:${token}@`)
    for (const argv of [
      [`--repo=${address}/octo-org/octo-repo`, '--bogus=1'],
      [`--bogus=${token}`],
      [`--name=${token}\n`],
      [token],
    ]) {
      const { code, stdout, stderr } = await stage.command([`--cloud=${stage.cloud.side.name}`, ...argv])
      expect(code).toBe(2)
      expect(secretsIn(stage, `${stdout}${stderr}`, token)).toEqual([])
    }
  })
})
