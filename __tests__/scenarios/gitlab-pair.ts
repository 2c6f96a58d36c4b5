import { outputVariable, standardPrefix } from '../../src/hosts/dotenv.ts'
import { outputs as outputTable } from '../../src/options/outputs.ts'
import type { GitlabStage } from './gitlab-story.ts'
import type { ForgeWords } from './pair-stage.ts'

/** What each word of a story about no forge is at GitLab. */
export function gitlabWords(stage: GitlabStage): ForgeWords {
  const { gitlab } = stage
  return {
    async launch(inputs, events) {
      const { script, afterScript, outputs, status } = await stage.launch(inputs, events)
      const cancelled = status === 'canceled' && /Interrupted by SIG(TERM|INT)/.test(script.log)
      return {
        main: script,
        ...(afterScript ? { post: afterScript } : {}),
        outputs: outputsOf(outputs),
        cancelled,
      }
    },
    async run(command) {
      const { script } = await stage.run(command)
      return script
    },
    prepare(inputs, onLine) {
      const job = stage.prepare(inputs, onLine ? { onLine } : {})
      const { script, afterScript, kill, dispose } = job
      return Promise.resolve({ main: script, post: afterScript, kill, dispose })
    },
    jobFor({ label = '' }, script) {
      const job = stage.jobFor({ label }, script)
      return {
        completed: job.completed,
        get succeeded() {
          return job.status === 'success'
        },
        get waits() {
          return job.status === 'pending'
        },
        get runnerName() {
          return job.runnerName
        },
        get text() {
          return job.output
        },
      }
    },
    runners: () => gitlab.runners().map(({ name }) => name),
    stageRunner: (name, tags, state) => gitlab.stageRunner({ name, tags, ...state }),
    muteRunners: () =>
      void (gitlab.fault = ({ path }) => (path.endsWith('/jobs/request') ? 'silent' : undefined)),
    until: (find) => gitlab.until(find),
    registrations: () =>
      gitlab.journal.filter(({ method, path }) => method === 'POST' && path.endsWith('/user/runners')).length,
  }
}

/** `CML_INSTANCE_ID` → `instanceId`. */
function outputsOf(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.keys(outputTable).flatMap((name) => {
      const value = variables[standardPrefix + outputVariable(name)]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}
