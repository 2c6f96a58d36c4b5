import { dirname, join, relative } from 'node:path'
import { setInterval } from 'node:timers/promises'
import { prepareGitlabJob, type ScriptResult } from '../emulators/gitlab-job.ts'
import { startScene, type GitlabScene } from '../emulators/scene.ts'
import type { CloudSide } from '../sides/cloud-side.ts'
import { PipelineLog } from './pipeline-log.ts'
import { expand, readPipeline, type Pipeline } from './pipeline.ts'
import type { Deployed, Piece, Running } from './piece.ts'
import type { Screen } from './screen.ts'

/** The pipeline that somebody with this cloud would write. */
const fileOf = ({ name }: CloudSide): string => join(import.meta.dirname, `${name}.gitlab-ci.yml`)
const dist = process.env.CML_RUNNER_DIST ?? join(import.meta.dirname, '../../dist')

/** Both jobs are of one pipeline, whose number is known before either begins. */
const variables = { CI_PIPELINE_ID: '4711' } as const

/** A pipeline of GitLab with the component in gitlab-component/, which calls the command line in dist/. */
export function pipelinePiece(cloud: CloudSide): Piece<GitlabScene> {
  const file = fileOf(cloud)
  const pipeline = readPipeline(file)
  return {
    forge: 'GitLab',
    // The image that the job names brings Node along.
    open: (machine) =>
      startScene({
        cloud,
        forge: 'gitlab',
        machine: { ...machine, jobPath: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` },
      }),
    introduce: (screen) => introduce(pipeline, { cloud, file }, screen),
    deploy: (scene, screen, onStart) => deploy(scene, pipeline, screen, onStart),
    train: (scene, deployed, screen) => train(scene, pipeline, deployed, screen),
  }
}

function introduce(
  { include: [{ component }], train: job }: Pipeline,
  { cloud, file }: { readonly cloud: CloudSide; readonly file: string },
  screen: Screen,
): void {
  const bold = (text: string): string => screen.style('bold', text)
  screen.plain(bold('A pipeline launches a machine, trains on it, and the machine takes itself away.'))
  screen.plain(
    `GitLab, ${cloud.service}, gitlab-runner and the machine are emulators on 127.0.0.1. The job that launches is the one`,
  )
  screen.plain(
    'in gitlab-component/, it calls the command line in dist/, the machine boots the very bytes that this sends,',
  )
  screen.plain('and the training is a real one.')
  screen.plain()
  screen.plain(`${bold('Pipeline')}  ${relative(process.cwd(), file)}`)
  screen.plain(`  deploy  component: ${component}`)
  screen.plain(`  train   tags: ${job.tags.join(', ')}, needs: ${job.needs.join(', ')}`)
}

/** The job of the component: its script, its report for later jobs, its after_script. */
async function deploy(
  scene: GitlabScene,
  { include: [{ component, inputs }] }: Pipeline,
  screen: Screen,
  onStart: (running: Running) => void,
): Promise<Deployed> {
  const log = new PipelineLog(screen, 'deploy')
  const job = prepareGitlabJob({
    dist,
    inputs,
    env: { ...scene.variables, ...variables },
    secrets: scene.secrets,
    onLine: log.line,
  })
  try {
    onStart(job)
    log.section(`Component ${component}`)
    for (const [name, value] of Object.entries(inputs)) log.line(`${name}: ${value}`)
    log.sectionEnds()
    log.line('$ $CML_RUNNER_CLI launch')
    await succeed(job.script(), 'the script of deploy')
    log.section('Running after_script')
    log.line('$ $CML_RUNNER_CLI post launch')
    await succeed(job.afterScript(), 'the after_script of deploy')
    log.sectionEnds()
    const outputs = await job.outputs()
    showReport(outputs, log)
    return { outputs, instanceId: outputs.CML_INSTANCE_ID ?? '' }
  } finally {
    await job.dispose()
  }
}

async function succeed(stage: Promise<ScriptResult>, what: string): Promise<void> {
  const { exitCode, signal } = await stage
  if (exitCode !== 0) throw new Error(`${what} ended with ${exitCode ?? signal}`)
}

function showReport(outputs: Readonly<Record<string, string>>, log: PipelineLog): void {
  log.section('Uploading artifacts: the dotenv report for later jobs')
  const width = Math.max(...Object.keys(outputs).map((name) => name.length))
  // `RUNNERS` repeats the others as JSON.
  for (const [name, value] of Object.entries(outputs))
    if (name !== 'RUNNERS') log.line(`${name.padEnd(width)}  ${value}`)
  log.sectionEnds()
}

/** No repository is behind the emulated GitLab, so that a command stands for the checkout that gitlab-runner does before any script. */
const checkout = 'cp -R "$DEMO_REPOSITORY"/train.mjs "$DEMO_REPOSITORY"/data .'

/** The job that asks for the machine, run there for real. */
async function train(
  { gitlab }: GitlabScene,
  { train: { tags, image, script } }: Pipeline,
  { outputs }: Deployed,
  screen: Screen,
): Promise<string | undefined> {
  const wanted = tags.map((tag) => expand(tag, variables))
  screen.say('GitLab', `Job train waits for a runner with the tag ${wanted.join(', ')}.`)
  const job = gitlab.queueJob({
    name: 'train',
    stage: 'train',
    tags: wanted,
    image,
    script: [checkout, ...script],
    variables: { ...outputs, ...variables, DEMO_REPOSITORY: import.meta.dirname },
  })
  const log = new PipelineLog(screen, 'train')
  let shown = 0
  for await (const _ of setInterval(50)) {
    const last = job.isComplete
    const whole = job.output.slice(0, job.output.lastIndexOf('\n') + 1)
    for (const line of whole.slice(shown).split('\n').slice(0, -1)) log.line(line)
    shown = whole.length
    if (last) break
  }
  screen.say('GitLab', `Job train: ${job.status}.`)
  if (job.status !== 'success') throw new Error(`job train ended with ${job.status}: ${job.failureReason}`)
  return /^this model +accuracy ([\d.]+)$/m.exec(job.output)?.[1]
}
