import { execFileSync } from 'node:child_process'

import { describe, expect, test } from '@jest/globals'

import { gcpGitlabLogin } from '../../../src/clouds/gcp/gitlab-login.ts'
import { tokens } from '../../emulators/gcp/credentials.ts'
import { startGcpWorld, type GcpWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: GcpWorld

inEachTest(startGcpWorld, (made) => (world = made))

const provider = 'projects/123456789012/locations/global/workloadIdentityPools/ci/providers/forge'
const nothingGiven = { CML_RUNNER_LOGIN_GCP_PROVIDER: '-', CML_RUNNER_LOGIN_GCP_ACCOUNT: '-' } as const

/** What the lines of GitLab's component leave: the file of credentials, and the token in the file that it names. */
function afterComponent(given: Readonly<Record<string, string>>): { credentials: string; token: string } {
  const script = [
    ...gcpGitlabLogin.script,
    'cat "${GOOGLE_APPLICATION_CREDENTIALS:-/dev/null}"; echo',
    'cat "${cml_gcp:-/dev/null}/token" 2>/dev/null || :',
  ].join('\n')
  const env = { PATH: process.env.PATH ?? '', ...given }
  const [credentials = '', token = ''] = execFileSync('/bin/sh', ['-euc', script], {
    env,
    encoding: 'utf8',
  }).split('\n')
  return { credentials, token }
}

describe('a job of GitLab logs in', () => {
  test.each(['-', 'ci@my-project.iam.gserviceaccount.com'])(
    'by its ID token, as the component’s lines lay it down, acting as %s',
    async (account) => {
      const { credentials, token } = afterComponent({
        CML_RUNNER_LOGIN_GCP_PROVIDER: provider,
        CML_RUNNER_LOGIN_GCP_ACCOUNT: account,
        [gcpGitlabLogin.token]: tokens.subject,
      })
      expect(token).toBe(tokens.subject)
      const told = JSON.parse(credentials) as Readonly<Record<string, unknown>>
      const emulated = JSON.parse(world.gcp.federation(account === '-' ? undefined : account)) as Readonly<
        Record<string, unknown>
      >
      // The same as what is known to work, save for Google's own hosts and where the token is.
      const path = (url: unknown): string => String(url).replace(/^https?:\/\/[^/]+(\/sts|\/iam)?/, '')
      for (const name of ['type', 'audience', 'subject_token_type']) expect(told[name]).toBe(emulated[name])
      for (const name of ['token_url', 'service_account_impersonation_url'])
        expect(path(told[name])).toBe(path(emulated[name]))
      const data = JSON.stringify({ ...told, ...emulated })
      const { GOOGLE_APPLICATION_CREDENTIALS_DATA: _, ...others } = world.gcp.variables
      const variables = {
        ...others,
        GOOGLE_APPLICATION_CREDENTIALS_DATA: data,
        GOOGLE_CLOUD_PROJECT: world.gcp.project,
      }
      expect(await world.open([], { variables }).enabledRegions()).toContain('us-west1')
    },
  )

  test('by what the environment says already, and by nothing where no input was given', () => {
    const empty = { credentials: '', token: '' }
    expect(afterComponent({ ...nothingGiven, [gcpGitlabLogin.token]: 'eyJ' })).toEqual(empty)
    const own = { GOOGLE_APPLICATION_CREDENTIALS_DATA: '{}', [gcpGitlabLogin.token]: 'eyJ' }
    expect(afterComponent({ ...nothingGiven, CML_RUNNER_LOGIN_GCP_PROVIDER: provider, ...own })).toEqual(
      empty,
    )
  })
})
