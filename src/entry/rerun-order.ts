import { readFile } from 'node:fs/promises'
import type { RerunWish } from '../rerun/rerun.ts'
import type { Composition } from './compose.ts'

type Asked = Pick<Composition, 'values' | 'variables'> & {
  readonly ports: Pick<Composition['ports'], 'clouds' | 'host'>
}

/** The run that was named, else that of the event which called us, else all that failed lately. */
export async function rerunWishOf({ values, variables, ports }: Asked): Promise<RerunWish> {
  const { clouds, host } = ports
  const places = clouds.open.length === 0 ? [] : clouds.placesOf(values['cloud-region'] ?? [])
  const typed = values['run-id']
  if (typed !== undefined) return { id: typed, typed: true, places }
  const id = await runOfEvent(variables, (why) => host.log.warn(why))
  return id === undefined ? { places } : { id, places }
}

/** https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_run */
async function runOfEvent(
  { GITHUB_EVENT_NAME, GITHUB_EVENT_PATH = '' }: Composition['variables'],
  warn: (why: string) => void,
): Promise<string | undefined> {
  if (GITHUB_EVENT_NAME !== 'workflow_run') return undefined
  try {
    const event = JSON.parse(await readFile(GITHUB_EVENT_PATH, 'utf8')) as {
      readonly workflow_run?: { readonly id?: unknown }
    }
    const id = event.workflow_run?.id
    if (typeof id === 'number') return String(id)
    warn('The event of this job names no run; looking at all that failed within a day.')
  } catch (error) {
    warn(
      `The event of this job cannot be read, so all runs that failed within a day are looked at: ${String(error)}`,
    )
  }
  return undefined
}
