import { crc32 } from 'node:zlib'

import type { Settings } from './arguments.ts'
import { identity, log, shorten } from './log.ts'
import { call, clientError, newCorrelation, noAnswer, type Reply } from './network.ts'

/** The job, as far as this program uses what GitLab hands out. */
export interface JobOrder {
  readonly id: number
  readonly token: string
  readonly job_info: { readonly name: string; readonly project_full_path: string }
  readonly git_info: { readonly repo_url: string }
  readonly runner_info: { readonly timeout: number }
  readonly variables: readonly {
    readonly key: string
    readonly value: string
    readonly masked?: boolean
    readonly file?: boolean
  }[]
  readonly steps: readonly {
    readonly name: string
    readonly script: readonly string[]
    readonly when: string
  }[]
  readonly image?: { readonly name: string } | null
  readonly features?: { readonly failure_reasons?: readonly string[] }
}

export interface Ending {
  readonly state: 'running' | 'success' | 'failed'
  readonly failureReason?: string
  readonly exitCode?: number
}

/** What GitLab thinks of a job when it was told of it: go on, run its `after_script` and end, or end at once. */
export type Wish = 'go-on' | 'cancel' | 'abort'

/** The calls about one runner and its jobs, with the lines that the official program logs about each (network/gitlab.go). */
export class Coordinator {
  readonly #settings: Settings
  readonly systemId: string
  readonly #runner: string
  #lastUpdate = ''

  constructor(settings: Settings, systemId: string) {
    this.#settings = settings
    this.systemId = systemId
    this.#runner = shorten(settings.token)
  }

  /** A job; undefined when there is none; `unhealthy` when the runner is not known, or no client can be built for that address. */
  async requestJob(): Promise<JobOrder | 'unhealthy' | undefined> {
    const { url, token } = this.#settings
    const reply = await call(url, {
      method: 'POST',
      path: 'jobs/request',
      headers: { 'runner-token': token },
      json: { info: this.#info(), token, system_id: this.systemId, last_update: this.#lastUpdate },
    })
    this.#lastUpdate = reply.headers.get('x-gitlab-last-update') ?? this.#lastUpdate
    const fields = { correlation_id: reply.correlation, runner: this.#runner }
    switch (reply.status) {
      case 201: {
        const order = reply.body as JobOrder
        const repository = new URL(order.git_info.repo_url)
        Object.assign(repository, { username: '', password: '' })
        const job = { job: order.id, job_name: order.job_info.name, repo_url: repository.href }
        log('info', 'Checking for jobs... received', { ...fields, ...job })
        return order
      }
      case 204:
        return undefined
      case 403:
        log('error', 'Checking for jobs... forbidden', { ...fields, status: reply.text })
        return 'unhealthy'
      case 503:
        log('warning', 'Checking for jobs... GitLab instance currently unavailable', {
          ...fields,
          status: reply.text,
        })
        return undefined
      case clientError:
        log('error', 'Checking for jobs... client error', { ...fields, status: reply.text })
        return 'unhealthy'
      default:
        log('warning', 'Checking for jobs... failed', { ...fields, status: reply.text })
        return undefined
    }
  }

  /** `PUT jobs/:id`. The status says whether the last word was taken: 200, or 202 and 412, after which it is to be said again. */
  async update(
    order: JobOrder,
    ending: Ending,
    trace?: Buffer,
  ): Promise<{ readonly status: number; readonly wish: Wish }> {
    const checksum = trace === undefined ? '' : `crc32:${crc32(trace).toString(16).padStart(8, '0')}`
    const output = trace === undefined ? {} : { checksum, bytesize: trace.length }
    const fields = { bytesize: trace?.length ?? 0, checksum, job: order.id, runner: this.#runner }
    const correlation = newCorrelation()
    log('info', 'Updating job...', { ...fields, correlation_id: correlation })
    const reply = await call(this.#settings.url, {
      method: 'PUT',
      correlation,
      path: `jobs/${order.id}`,
      headers: { 'job-token': order.token },
      json: {
        info: this.#info(),
        token: order.token,
        state: ending.state,
        ...(ending.failureReason === undefined ? {} : { failure_reason: ending.failureReason }),
        ...(checksum ? { checksum } : {}),
        output,
        ...(ending.exitCode === undefined ? {} : { exit_code: ending.exitCode }),
      },
    })
    const wish = wishOf(reply)
    const more = { ...fields, ...this.#remote(reply), code: reply.status }
    const tell = (level: 'info' | 'warning' | 'error', text: string, extra = {}) =>
      log(level, `Submitting job to coordinator...${text}`, { ...more, ...extra })
    const status = { status: reply.text }
    if (isOver(reply)) tell('warning', ' job failed', status)
    else if (reply.status === 200) tell('info', 'ok')
    else if (reply.status === 202) tell('info', 'accepted, but not yet completed')
    else if (reply.status === 412) tell('info', 'trace validation failed')
    else if (reply.status === 404) tell('warning', ' not found', status)
    else if (reply.status === clientError) tell('error', ' client error', status)
    else tell('warning', ' failed', status)
    return { status: reply.status, wish }
  }

  /** Sends what the trace has beyond `from`; gives how much of it GitLab has now. */
  async appendTrace(
    order: JobOrder,
    trace: Buffer,
    from: number,
  ): Promise<{ readonly sent: number; readonly wish: Wish }> {
    if (from >= trace.length) return { sent: from, wish: 'go-on' }
    const range = `${from}-${trace.length - 1}`
    const reply = await call(this.#settings.url, {
      method: 'PATCH',
      path: `jobs/${order.id}/trace?debug_trace=false`,
      headers: { 'job-token': order.token, 'content-range': range },
      text: trace.subarray(from),
    })
    if (reply.status === noAnswer || reply.status === clientError) {
      log('error', `Appending trace to coordinator... error ${reply.text}`, { runner: this.#runner })
      return { sent: from, wish: 'go-on' }
    }
    const remote = reply.headers.get('range') ?? ''
    const fields = {
      job: order.id,
      runner: this.#runner,
      ...this.#remote(reply),
      'job-log': remote,
      'sent-log': range,
      code: reply.status,
      status: reply.text.replace(/^.*: /, ''),
    }
    const wish = wishOf(reply)
    const tell = (level: 'info' | 'warning', text: string) =>
      log(level, `Appending trace to coordinator...${text}`, fields)
    if (isOver(reply)) tell('warning', ' job failed')
    else if (reply.status === 202) tell('info', 'ok')
    else if (reply.status === 404) tell('warning', ' not-found')
    else if (reply.status === 416) tell('warning', ' range mismatch')
    else tell('warning', ' failed')
    if (reply.status === 416) return { sent: Number(remote.split('-')[1] ?? 0), wish }
    return { sent: reply.status === 202 ? trace.length : from, wish }
  }

  #remote(reply: Reply): object {
    return {
      correlation_id: reply.correlation,
      'job-status': reply.headers.get('job-status') ?? '',
      'update-interval': Number(reply.headers.get('x-gitlab-trace-update-interval') ?? 0) * 1e9,
    }
  }

  #info(): object {
    const { executor, gpus } = this.#settings
    // As the official program was recorded with them, as far as they change what the server does.
    const features = {
      variables: true,
      refspecs: true,
      masking: true,
      trace_reset: true,
      trace_checksum: true,
      trace_size: true,
      cancelable: true,
      cancel_gracefully: true,
      return_exit_code: true,
    }
    return { ...identity, executor, shell: 'bash', features, config: { gpus } }
  }
}

/** network/remote_job_state_response.go: a refusal says the same as the state. */
function isOver(reply: Reply): boolean {
  return reply.status === 403 || ['canceled', 'failed'].includes(reply.headers.get('job-status') ?? '')
}

function wishOf(reply: Reply): Wish {
  if (isOver(reply) || reply.status === 404 || reply.status === clientError) return 'abort'
  return reply.headers.get('job-status') === 'canceling' ? 'cancel' : 'go-on'
}
