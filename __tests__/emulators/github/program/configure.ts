import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Arguments } from './arguments.ts'
import { apiOf, call, Refusal } from './service.ts'
import {
  aboutPackage,
  deleteConfiguration,
  hasCredentials,
  isConfigured,
  loadSettings,
  saveCredentials,
  saveSettings,
} from './settings.ts'
import type { Terminal } from './terminal.ts'

interface Tenant {
  readonly url: string
  readonly token: string
}

interface Agent {
  readonly id: number
  readonly clientId: string
  readonly authorizationUrl: string
  readonly ephemeral: boolean
  readonly disableUpdate: boolean
}

interface Pool {
  readonly id: number
  readonly name: string
  readonly isInternal: boolean
}

const banner = `
--------------------------------------------------------------------------------
|                                                                              |
|                       Self-hosted runner registration                        |
|                                                                              |
--------------------------------------------------------------------------------`

/** `config.sh`: throws an Error whose message is the official one. */
export async function configure(given: Arguments, terminal: Terminal): Promise<void> {
  for (const line of banner.split('\n')) terminal.line(line)
  if (isConfigured())
    throw new Error(
      "Cannot configure the runner because it is already configured. To reconfigure the runner, run 'config.cmd remove' or './config.sh remove' first.",
    )
  terminal.section('Authentication')
  const url = need(given, 'url')
  const tenant = await tenantFor(url, need(given, 'token'), 'register', terminal)
  terminal.line()
  terminal.success('Connected to GitHub')
  terminal.section('Runner Registration')
  const pool = await choosePool(tenant, given)
  const agent = await addAgent(tenant, pool, given, terminal)
  saveCredentials(
    { scheme: 'OAuth', data: { clientId: agent.clientId, authorizationUrl: agent.authorizationUrl } },
    someKey(),
  )
  terminal.success('Runner connection is good')
  terminal.section('Runner settings')
  saveSettings({
    agentId: agent.id,
    agentName: given.value('name') ?? hostname(),
    poolId: pool.id,
    poolName: pool.name,
    ...(agent.ephemeral ? { ephemeral: true } : {}),
    ...(agent.disableUpdate ? { disableUpdate: true } : {}),
    serverUrl: tenant.url,
    gitHubUrl: url,
    workFolder: given.value('work') ?? '_work',
  })
  terminal.line()
  terminal.success('Settings Saved.')
  terminal.line()
}

/** `config.sh remove`. */
export async function unconfigure(given: Arguments, terminal: Terminal): Promise<void> {
  if (given.flag('local')) {
    deleteConfiguration()
    return
  }
  terminal.section('Runner removal')
  const step = 'Removing runner from the server'
  if (isConfigured() && hasCredentials()) {
    try {
      const settings = loadSettings()
      const tenant = await tenantFor(settings.gitHubUrl, need(given, 'token'), 'remove', terminal)
      await call(`${tenant.url}/agents/${settings.agentId}`, {
        method: 'DELETE',
        authorization: `Bearer ${tenant.token}`,
      })
      terminal.line()
      terminal.success('Runner removed successfully')
    } catch (error) {
      terminal.error(`Failed: ${step}`)
      throw error
    }
  } else {
    terminal.line(
      'Cannot connect to server, because config files are missing. Skipping removing runner from the server.',
    )
  }
  const parts = [hasCredentials() && '.credentials', isConfigured() && '.runner']
  deleteConfiguration()
  for (const part of parts) if (part) terminal.success(`Removed ${part}`)
  terminal.line()
}

function need(given: Arguments, name: string): string {
  const value = given.value(name)
  if (value === undefined)
    throw new Error(`Invalid configuration provided for ${name}. Terminating unattended configuration.`)
  return value
}

async function tenantFor(
  url: string,
  token: string,
  event: 'register' | 'remove',
  terminal: Terminal,
): Promise<Tenant> {
  const endpoint = `${apiOf(url)}/actions/runner-registration`
  try {
    return await call<Tenant>(endpoint, {
      method: 'POST',
      authorization: `RemoteAuth ${token}`,
      body: { url, runner_event: event },
    })
  } catch (error) {
    if (error instanceof Refusal) {
      const reason = /\((.*)\)\.$/.exec(error.message)?.[1]?.replaceAll(' ', '')
      terminal.error(`Http response code: ${reason} from 'POST ${endpoint}'`)
      terminal.error(error.body)
    }
    throw error
  }
}

async function choosePool(tenant: Tenant, given: Arguments): Promise<Pool> {
  const pools = await call<readonly Pool[]>(`${tenant.url}/pools`, {
    authorization: `Bearer ${tenant.token}`,
  })
  const standard = pools.find((pool) => pool.isInternal)
  // With a single group the official program does not even look at the option.
  const wanted = pools.length > 1 ? (given.value('runnergroup') ?? standard?.name) : standard?.name
  const pool = pools.find(({ name }) => name.toLowerCase() === wanted?.toLowerCase())
  if (!pool) throw new Error(`Could not find any self-hosted runner group named "${wanted}".`)
  return pool
}

async function addAgent(tenant: Tenant, pool: Pool, given: Arguments, terminal: Terminal): Promise<Agent> {
  const name = given.value('name') ?? hostname()
  const authorization = `Bearer ${tenant.token}`
  terminal.line()
  const labels = labelsOf(given)
  terminal.line()
  const agent = {
    poolId: pool.id,
    name,
    labels,
    ephemeral: given.flag('ephemeral'),
    disableUpdate: given.flag('disableupdate'),
    version: aboutPackage().version,
  }
  const [twin] = await call<readonly Agent[]>(`${tenant.url}/agents?name=${encodeURIComponent(name)}`, {
    authorization,
  })
  if (!twin) {
    const added = await call<Agent>(`${tenant.url}/agents`, { method: 'POST', authorization, body: agent })
    terminal.success('Runner successfully added')
    return added
  }
  terminal.line('A runner exists with the same name')
  if (!given.flag('replace')) throw new Error(`A runner exists with the same name ${name}.`)
  const replaced = await call<Agent>(`${tenant.url}/agents/${twin.id}`, {
    method: 'PUT',
    authorization,
    body: agent,
  })
  terminal.success('Successfully replaced the runner')
  return replaced
}

/** Comma separated, empty ones dropped, at most 256 characters each, once each whatever the case. */
function labelsOf(given: Arguments): readonly { readonly name: string; readonly type: 'system' | 'user' }[] {
  const own = (given.value('labels') ?? '').split(',').filter((label) => label !== '')
  if (own.some((label) => label.length > 256))
    throw new Error('Invalid configuration provided for labels. Terminating unattended configuration.')
  if (given.flag('no-default-labels') && own.length === 0)
    throw new Error('Invalid configuration provided for labels. Terminating unattended configuration.')
  const system = given.flag('no-default-labels') ? [] : ['self-hosted', 'Linux', aboutPackage().architecture]
  const all = [
    ...system.map((name) => ({ name, type: 'system' as const })),
    ...own.map((name) => ({ name, type: 'user' as const })),
  ]
  return all.filter(
    ({ name }, index) => all.findIndex((other) => other.name.toLowerCase() === name.toLowerCase()) === index,
  )
}

/** Stands for the RSA key that the official program makes: the same files, never used. */
function someKey(): Record<string, string> {
  const part = (bytes: number): string => randomBytes(bytes).toString('base64')
  return {
    d: part(256),
    dp: part(128),
    dq: part(128),
    exponent: 'AQAB',
    inverseQ: part(128),
    modulus: part(256),
    p: part(128),
    q: part(128),
  }
}
