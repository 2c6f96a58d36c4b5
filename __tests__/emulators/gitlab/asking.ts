import { type GitlabEmulator, startGitlab, type TokenKind } from './gitlab.ts'

export interface Asking {
  readonly token?: TokenKind | 'none'
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly at?: GitlabEmulator
}

export interface Heard {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly data: ReturnType<typeof JSON.parse>
}

export interface JobToken {
  readonly id: number
  readonly token: string
}

/** As gitlab-runner makes one up. */
export const system = 'r_AbCdEf123456'

/** Requests by hand, so that the emulator is not tested by what it is for. */
export function createAsking(gitlab: () => GitlabEmulator) {
  /** `GET /runners/1`, with somebody's token. */
  async function ask(what: string, asking: Asking = {}): Promise<Heard> {
    const { token = 'runners', body, headers = {}, at = gitlab() } = asking
    const [method = '', path = ''] = what.split(' ')
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    const response = await fetch(path.startsWith('http') ? path : at.apiUrl + path, {
      method,
      headers: {
        ...(token === 'none' ? {} : { 'private-token': at.token(token) }),
        ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}),
        ...Object.fromEntries(given),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json')
    const data: unknown = json && text ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, data }
  }

  return {
    ask,
    /** A runner's request for a job. */
    poll: (token: string, more: object = {}): Promise<Heard> =>
      ask('POST /jobs/request', { token: 'none', body: { token, system_id: system, ...more } }),
    update: ({ id, token }: JobToken, body: object): Promise<Heard> =>
      ask(`PUT /jobs/${id}`, { token: 'none', body: { token, ...body } }),
    /** A piece of a log. */
    send: ({ id, token }: JobToken, from: number, piece: string): Promise<Heard> =>
      ask(`PATCH /jobs/${id}/trace?debug_trace=false`, {
        token: 'none',
        headers: {
          'job-token': token,
          'content-type': 'text/plain',
          'content-range': `${from}-${from + piece.length - 1}`,
        },
        body: piece,
      }),
    /** A project's number. */
    project: async (path = 'team/sub/app'): Promise<number> =>
      (await ask(`GET /projects/${encodeURIComponent(path)}`)).data.id as number,
  }
}

export const startTeam = (path = ''): Promise<GitlabEmulator> =>
  startGitlab({ path, projects: ['team/sub/app', 'team/other'] })
