import { describe, expect } from '@jest/globals'
import { pairsOf } from '../sides/sides.ts'
import { gitlabStory } from './gitlab-story.ts'
import { story } from './story.ts'

interface Told {
  readonly of: string
  readonly what: string
  readonly verdict: string
  readonly fix?: string
}

const asJson = (stdout: string): readonly Told[] => JSON.parse(stdout) as readonly Told[]

/** Methods other than these change something at a forge. */
const isRead = ({ method }: { readonly method: string }): boolean => ['GET', 'HEAD'].includes(method)

const token = 'ghp_nobodyhasthistoken000000000000000000'
const clouds = [...new Map(pairsOf().map(({ cloud }) => [cloud.name, cloud])).values()]

describe.each(clouds.map((cloud) => ({ cloud, called: cloud.name })))('doctor on $called', ({ cloud }) => {
  story(
    'tells the action’s user that all is well, and makes nothing',
    async (stage) => {
      const { main, post, outputs } = await stage.launch({ command: 'doctor' })
      expect([main.exitCode, post?.exitCode, outputs]).toEqual([0, 0, {}])
      expect(main.log).not.toMatch(/^BAD/m)
      expect(main.log).toMatch(/^good +github: token: a classic token/m)
      expect(main.log).toMatch(new RegExp(`^good +${cloud.name}: credentials`, 'm'))
      expect(main.log).toContain('Nothing was found that would make a launch fail')
      expect(main.summary).toMatch(/^### \S+ (A launch would|Nothing was found)/)
      expect(stage.github.journal.filter((entry) => !isRead(entry))).toEqual([])
      expect([stage.cloud.machines, stage.cloud.calls('destroy')]).toEqual([[], []])
    },
    { cloud },
  )

  gitlabStory(
    'tells a job of the component the same',
    async (stage) => {
      const { status, script } = await stage.run('doctor')
      expect(script.log).not.toMatch(/^BAD/m)
      expect(script.log).toMatch(/^good +gitlab: token/m)
      expect(script.log).toMatch(new RegExp(`^good +${cloud.name}: credentials`, 'm'))
      expect(status).toBe('success')
      expect(stage.gitlab.journal.filter((entry) => !isRead(entry))).toEqual([])
      expect(stage.cloud.machines).toEqual([])
    },
    { cloud },
  )
})

describe('doctor', () => {
  story('fails for a token that the forge does not know, which it does not show', async (stage) => {
    const { main } = await stage.launch({ command: 'doctor', token })
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(/^BAD +github: token: .* → /m)
    expect(main.log).toContain('A launch would fail')
    expect(main.log).not.toContain(token)
  })

  gitlabStory('fails for a token without the scopes, and names them', async (stage) => {
    const secrets = { GITLAB_TOKEN: stage.gitlab.token('read-api') }
    const { status, script } = await stage.run('doctor', {}, { secrets })
    expect(status).toBe('failed')
    expect(script.log).toMatch(/^BAD +gitlab: .*create_runner/m)
    expect(script.log).not.toContain(secrets.GITLAB_TOKEN)
  })

  story('fails for a cloud that refuses to create', async (stage) => {
    stage.cloud.deny('create')
    const { main } = await stage.launch({ command: 'doctor' })
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(new RegExp(`^BAD +${stage.cloud.side.name}: .* → `, 'm'))
  })

  story(
    'on the command line prints JSON alone, of the machine at hand too',
    async (stage) => {
      const { github, cloud, command } = stage
      const argv = ['doctor', '--json', '--driver', 'github', '--repo', `${github.url}/octo-org/octo-repo`]
      const named = [...argv, '--cloud', cloud.side.name]
      const well = await command([...named, '--token', github.token()])
      expect([well.code, asJson(well.stdout).filter(({ verdict }) => verdict === 'bad')]).toEqual([0, []])
      expect(new Set(asJson(well.stdout).map(({ of }) => of))).toEqual(
        new Set(['here', 'github', cloud.side.name]),
      )
      const ill = await command([...named, '--token', token])
      expect(ill.code).toBe(1)
      expect(asJson(ill.stdout)).toContainEqual(
        expect.objectContaining({ of: 'github', what: 'token', verdict: 'bad' }),
      )
      expect(ill.stdout + ill.stderr).not.toContain(token)
      const cloudless = await command([...argv, '--token', github.token()])
      expect([cloudless.code, asJson(cloudless.stdout).map(({ of }) => of)]).toEqual([
        0,
        expect.not.arrayContaining([cloud.side.name]),
      ])
      expect(github.journal.filter((entry) => !isRead(entry))).toEqual([])
    },
    { github: { api: '/api/v3' } },
  )

  story(
    'on the command line looks at the proxy, whose password it does not show, and at the certificates',
    async ({ github, command, folder }) => {
      const argv = ['doctor', '--driver', 'github', '--repo', `${github.url}/octo-org/octo-repo`]
      const proxy = { HTTPS_PROXY: 'http://me:proxy-password@proxy.example:9', NO_PROXY: '127.0.0.1' }
      const there = await command([...argv, '--token', github.token()], { env: proxy })
      expect(there.stdout).toMatch(/^good +here: proxy: HTTPS_PROXY, NO_PROXY set, and heeded$/m)
      expect(there.stdout + there.stderr).not.toContain('proxy-password')
      expect(there.code).toBe(0)
      const absent = { NODE_EXTRA_CA_CERTS: `${folder}/absent.pem` }
      const ill = await command([...argv, '--token', github.token()], { env: absent })
      expect(ill.stdout).toMatch(/^BAD +here: certificates: .*absent\.pem.* → /m)
      expect(ill.code).toBe(1)
    },
    { github: { api: '/api/v3' } },
  )

  story(
    'fails where nobody is at the forge’s address, and says so of each',
    async ({ command }) => {
      const nowhere = ['--driver', 'github', '--repo', 'http://127.0.0.1:9/octo-org/octo-repo']
      const { code, stdout, stderr } = await command(['doctor', ...nowhere, '--token', token])
      expect(code).toBe(1)
      expect(stdout).toMatch(/^unknown github: token: .*ECONNREFUSED.* → /m)
      expect(stdout).not.toMatch(/^good +github/m)
      expect(stderr).toContain('github: nothing could be found out')
    },
    { boots: false },
  )

  story('refuses options that a launch would refuse, before it asks anybody', async ({ launch, github }) => {
    const { main } = await launch({ command: 'doctor', single: 'true', reuse: 'true' })
    expect(main.exitCode).toBe(2)
    expect(main.log).toContain('exclude each other')
    expect(github.journal).toEqual([])
  })
})
