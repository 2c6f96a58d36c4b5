import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'

import { azureGitlabLogin } from '../../../src/clouds/azure/gitlab-login.ts'
import { entra } from '../../emulators/azure/azure.ts'
import { failureOf, startAzureWorld, type AzureWorld } from './world.ts'
import { inEachTest } from '../each-test.ts'

let world: AzureWorld
let folder: string

inEachTest(startAzureWorld, (made) => (world = made))
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'login-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type Variables = Readonly<Record<string, string>>

/** Of a job that has no secret. */
function plain(): Variables {
  const { AZURE_CLIENT_SECRET: _, ...others } = world.azure.variables
  return others
}
const regions = (variables: Variables): Promise<readonly string[]> =>
  world.open({}, { variables }).enabledRegions()
const tokenFile = (text: string): string => {
  const path = join(folder, 'token')
  writeFileSync(path, text)
  return path
}
/** As GitHub sets them for a job with `id-token: write`; `token`: what its service takes. */
const ofGithub = (token = 'of-the-job'): Variables => ({
  GITHUB_ACTIONS: 'true',
  ACTIONS_ID_TOKEN_REQUEST_URL: `${world.azure.url}/oidc?api-version=2.0`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
})

/** The lines of GitLab's component, in a shell of their own: what a job has in its environment after them, and in the file that they name. */
function afterComponent(given: Variables): Variables {
  const script = [
    ...azureGitlabLogin.script,
    'env | grep ^AZURE_ || :',
    'echo "told=$(cat "${AZURE_FEDERATED_TOKEN_FILE:-/dev/null}")"',
  ].join('\n')
  const PATH = process.env.PATH ?? ''
  const text = execFileSync('/bin/sh', ['-euc', script], { env: { PATH, ...given }, encoding: 'utf8' })
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}
const nothingGiven: Variables = {
  CML_RUNNER_LOGIN_AZURE_CLIENT: '-',
  CML_RUNNER_LOGIN_AZURE_TENANT: '-',
  CML_RUNNER_LOGIN_AZURE_SUBSCRIPTION: '-',
}

describe('a launcher logs in', () => {
  test('by the four variables of CML', async () => {
    expect(await regions(world.azure.variables)).toContain('westus2')
  })

  test('by a token that GitHub signs for the job, with nothing secret in the environment', async () => {
    expect(await regions({ ...plain(), ...ofGithub() })).toContain('westus2')
  })

  test('by a workload identity: a file with a token, which wins over GitHub’s', async () => {
    const file = { AZURE_FEDERATED_TOKEN_FILE: tokenFile(entra.subject) }
    expect(await regions({ ...plain(), ...file, ...ofGithub('of-somebody-else') })).toContain('westus2')
  })

  test('by the ID token of a job of GitLab, as the component’s lines lay it down', async () => {
    const after = afterComponent({
      CML_RUNNER_LOGIN_AZURE_CLIENT: entra.client,
      CML_RUNNER_LOGIN_AZURE_TENANT: entra.tenant,
      CML_RUNNER_LOGIN_AZURE_SUBSCRIPTION: world.azure.subscription,
      [azureGitlabLogin.token]: entra.subject,
    })
    expect(after).toMatchObject({
      AZURE_CLIENT_ID: entra.client,
      AZURE_TENANT_ID: entra.tenant,
      AZURE_SUBSCRIPTION_ID: world.azure.subscription,
      told: entra.subject,
    })
    const { told = '', ...variables } = after
    const { AZURE_RESOURCE_MANAGER_ENDPOINT, AZURE_AUTHORITY_HOST } = world.azure.variables
    const hosts = {
      AZURE_RESOURCE_MANAGER_ENDPOINT: AZURE_RESOURCE_MANAGER_ENDPOINT!,
      AZURE_AUTHORITY_HOST: AZURE_AUTHORITY_HOST!,
    }
    const file = { AZURE_FEDERATED_TOKEN_FILE: tokenFile(told) }
    expect(await regions({ ...variables, ...hosts, ...file })).toContain('westus2')
  })
})

describe('what goes wrong on the way to Microsoft Entra', () => {
  test('is told as what it is, and not as a lack of credentials', async () => {
    const variables = { ...world.azure.variables, AZURE_AUTHORITY_HOST: 'https://127.0.0.1:9' }
    const { kind, explanation } = await failureOf(regions(variables))
    expect([kind, explanation.code]).toEqual(['unavailable', 'ECONNREFUSED'])
  })

  test('and what comes before it later, as that', async () => {
    const job: Record<string, string> = ofGithub()
    const variables = Object.assign(job, plain(), { AZURE_AUTHORITY_HOST: 'https://127.0.0.1:9' })
    const cloud = world.open({}, { variables })
    expect(await failureOf(cloud.enabledRegions())).toMatchObject({ kind: 'unavailable' })
    job.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'of-another-job'
    expect(await failureOf(cloud.enabledRegions())).toMatchObject({ kind: 'unauthenticated' })
  })
})

describe('the component’s lines', () => {
  test('do nothing where no input was given', () => {
    expect(afterComponent({ ...nothingGiven, [azureGitlabLogin.token]: 'eyJ' })).toEqual({ told: '' })
  })

  test('leave what the environment says already', () => {
    const own = { AZURE_CLIENT_SECRET: 'own', AZURE_SUBSCRIPTION_ID: 'mine' }
    const given = { ...nothingGiven, CML_RUNNER_LOGIN_AZURE_CLIENT: 'x', [azureGitlabLogin.token]: 'eyJ' }
    expect(afterComponent({ ...given, CML_RUNNER_LOGIN_AZURE_SUBSCRIPTION: 'y', ...own })).toEqual({
      ...own,
      told: '',
    })
  })
})

describe('who is not let in is told', () => {
  test('what to write where a job may have no token', async () => {
    const failure = await failureOf(regions({ ...plain(), ...ofGithub('of-somebody-else') }))
    expect([failure.kind, failure.message]).toEqual(['unauthenticated', expect.stringContaining('id-token')])
  })

  test('that Microsoft Entra does not trust the forge’s token', async () => {
    world.azure.dials.credentials = 'unknown'
    for (const own of [ofGithub(), { AZURE_FEDERATED_TOKEN_FILE: tokenFile(entra.subject) }]) {
      const failure = await failureOf(regions({ ...plain(), ...own }))
      expect([failure.kind, failure.message]).toEqual([
        'unauthenticated',
        expect.stringContaining('AADSTS70021'),
      ])
      expect(failure.message).not.toContain(entra.subject)
    }
  })

  test.each([
    ['AZURE_RESOURCE_MANAGER_ENDPOINT', 'http://management.azure.com', 'https://'],
    ['AZURE_AUTHORITY_HOST', 'https://me:secret@login.example', 'more in it than a host'],
    ['AZURE_ENVIRONMENT', 'AzureMoonCloud', 'AzureChinaCloud'],
  ])('that %s cannot be %s', async (name, value, said) => {
    const opening = (): Promise<unknown> =>
      Promise.resolve().then(() => regions({ ...world.azure.variables, [name]: value }))
    expect((await failureOf(opening())).message).toContain(said)
  })
})
