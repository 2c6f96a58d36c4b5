import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linksIn } from './gitlab/annotations.ts'
import { runScript, type JobStage, type ScriptEvents, type ScriptResult } from './gitlab-shell.ts'
import { expanded, jobOf } from './gitlab-template.ts'

export type { JobStage, ScriptResult }

/** One job that a template of our component makes, as gitlab-runner's shell executor would run it. */
export interface GitlabJobOptions extends ScriptEvents {
  /** Folder of the built doors. */
  readonly dist: string
  /** `runner` when absent. */
  readonly template?: 'runner' | 'stop' | 'sweep' | 'list' | 'rerun' | 'doctor'
  /** Inputs of the component. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Variables of the project and of the server, over the predefined ones; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Masked variables of the project. */
  readonly secrets?: Readonly<Record<string, string>>
}

export interface GitlabJobResult {
  readonly status: 'success' | 'failed' | 'canceled'
  readonly script: ScriptResult
  /** Absent when the host died. */
  readonly afterScript?: ScriptResult
  /** Both stages' logs. */
  readonly log: string
  /** Variables that its dotenv report gives to later jobs; none without a report. */
  readonly outputs: Readonly<Record<string, string>>
  /** Addresses by their labels, which GitLab shows beside the job; none without a report. */
  readonly links: Readonly<Record<string, string>>
}

/** The two stages one by one, for stories in which something happens between them. */
export interface PreparedGitlabJob {
  readonly id: string
  /** Its CI_PROJECT_DIR. */
  readonly folder: string
  script(): Promise<ScriptResult>
  afterScript(): Promise<ScriptResult>
  outputs(): Promise<Readonly<Record<string, string>>>
  links(): Promise<Readonly<Record<string, string>>>
  /** Ends everything that the running stage has started, as the death of its host would. */
  kill(): void
  dispose(): Promise<void>
}

/** Runs the script, then the after_script, also after a failure or a cancel. */
export async function runGitlabJob(options: GitlabJobOptions): Promise<GitlabJobResult> {
  const job = prepareGitlabJob(options)
  try {
    const script = await job.script()
    const died = script.signal === 'SIGKILL'
    const afterScript = died ? undefined : await job.afterScript()
    return {
      status: statusOf(script),
      script,
      ...(afterScript ? { afterScript } : {}),
      log: afterScript ? `${script.log}\n${afterScript.log}` : script.log,
      outputs: await job.outputs(),
      links: await job.links(),
    }
  } finally {
    await job.dispose()
  }
}

function statusOf({ exitCode, stopMilliseconds }: ScriptResult): GitlabJobResult['status'] {
  if (stopMilliseconds !== undefined) return 'canceled'
  return exitCode === 0 ? 'success' : 'failed'
}

let lastId = 5_000

export function prepareGitlabJob(options: GitlabJobOptions): PreparedGitlabJob {
  const { dist, template = 'runner', inputs = {}, secrets = {} } = options
  const folder = mkdtempSync(join(tmpdir(), 'gitlab-job-'))
  const id = String(++lastId)
  const predefined = environmentOf(id, folder, options)
  const cli = `${process.execPath} ${join(dist, 'cli.js')}`
  const job = jobOf(template, { cli, ...inputs })
  const variables = { ...predefined, ...expanded(job.variables, predefined) }
  let status = 'running'
  let kill = (): void => undefined

  const stage = async (name: JobStage, lines: readonly string[]): Promise<ScriptResult> => {
    const script = {
      stage: name,
      lines,
      folder,
      env: { ...variables, CI_JOB_STATUS: status },
      secrets: Object.values(secrets),
    }
    const running = runScript(script, options)
    kill = running.kill
    const result = await running.result
    if (name === 'script') status = statusOf(result)
    return result
  }
  return {
    id,
    folder,
    script: () => stage('script', job.script),
    afterScript: () => stage('after_script', job.after_script ?? []),
    outputs: () => readReport(folder, job.artifacts?.reports.dotenv),
    links: () => readLinks(folder, job.artifacts?.reports.annotations),
    kill: () => kill(),
    dispose: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The test's own environment stays out, save what finds programs. */
function environmentOf(
  id: string,
  folder: string,
  { env, secrets }: GitlabJobOptions,
): Record<string, string> {
  const all = {
    PATH: process.env.PATH,
    HOME: folder,
    CI: 'true',
    GITLAB_CI: 'true',
    CI_JOB_ID: id,
    CI_JOB_NAME: 'launch-runner',
    CI_JOB_STAGE: '.pre',
    CI_JOB_TOKEN: 'glcbt-64_jobtoken000000000000',
    CI_PIPELINE_ID: '9000',
    CI_PIPELINE_SOURCE: 'push',
    CI_PROJECT_DIR: folder,
    CI_RUNNER_VERSION: '19.4.0',
    CI_SERVER_VERSION: '19.4.0-ee',
    GITLAB_USER_LOGIN: 'tanuki',
    ...secrets,
    ...env,
  }
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** A line that is not `NAME=value` spoils a whole report (app/services/ci/parse_dotenv_artifact_service.rb in GitLab's source). */
async function readReport(folder: string, path?: string): Promise<Readonly<Record<string, string>>> {
  if (path === undefined) return {}
  const text = await readFile(join(folder, path), 'utf8').catch(() => '')
  const lines = text.split('\n').filter(Boolean)
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? []
      if (!name) throw new Error(`no dotenv: ${line}`)
      return [name, value.trim()]
    }),
  )
}

async function readLinks(folder: string, path?: string): Promise<Readonly<Record<string, string>>> {
  const text = path === undefined ? '' : await readFile(join(folder, path), 'utf8').catch(() => '')
  return text ? linksIn(text) : {}
}
