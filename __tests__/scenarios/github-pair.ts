import type { ForgeWords } from './pair-stage.ts'
import type { Stage } from './story.ts'

/** What each word of a story about no forge is at GitHub. */
export function githubWords(stage: Stage): ForgeWords {
  const { github } = stage
  return {
    async launch(inputs, events) {
      const { main, post, outputs } = await stage.launch(inputs, events)
      const cancelled = main.exitCode === 130 && main.log.includes('Interrupted by SIGINT')
      return { main, ...(post ? { post } : {}), outputs, cancelled }
    },
    run: async (command) => (await stage.launch({ command, 'idle-timeout': '' })).main,
    async prepare(inputs, onLine) {
      const step = await stage.prepare(inputs, onLine ? { onLine } : {})
      return { ...step, kill: () => void step.child()?.kill('SIGKILL') }
    },
    jobFor(outputs, script) {
      const job = stage.jobFor(outputs, script)
      return {
        completed: job.completed,
        get succeeded() {
          return job.conclusion === 'success'
        },
        get waits() {
          return job.status === 'queued'
        },
        get runnerName() {
          return job.runnerName
        },
        get text() {
          return job.log
        },
      }
    },
    runners: () => github.runners().map(({ name }) => name),
    stageRunner: (name, labels, state) => github.stageRunner({ name, labels, ...state }),
    muteRunners: () =>
      void (github.fault = ({ method, path }) =>
        method === 'POST' && path.endsWith('/sessions') ? 'silent' : undefined),
    until: (find) => github.until(find),
    registrations: () =>
      github.journal.filter(({ path }) => /\/(registration-token|generate-jitconfig)$/.test(path)).length,
  }
}
