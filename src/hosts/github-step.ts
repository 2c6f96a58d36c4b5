import { rawOptionsOf, type Arguments } from './arguments.ts'
import { stepPage } from './github-actions.ts'
import type { Variables } from './origin.ts'
import { terminalHost, type CommandLineHost } from './terminal.ts'

/**
 * The command line in a step of GitHub Actions (`run: npx cml-runner …`): a terminal's streams, and everything that the action shows, too. The runner
 * reads its commands in the log on stderr, so that stdout stays the one line of JSON. Secrets are masked here, and the runner is not told of them: the
 * log may go to a file.
 */
export function githubStepHost(read: Arguments, variables: Variables): CommandLineHost {
  const terminal = terminalHost(variables)
  const page = stepPage(variables, (line) => void process.stderr.write(`${page.masks.apply(line)}\n`))
  const { members } = page
  return {
    ...terminal,
    ...members,
    get summarized() {
      return page.summarized()
    },
    name: 'github-step',
    mask(secret) {
      terminal.mask(secret)
      page.masks.add(secret)
    },
    output(outputs) {
      terminal.output(outputs)
      if (variables.GITHUB_OUTPUT) members.output(outputs)
    },
    result(name, value) {
      if (variables.GITHUB_OUTPUT) members.result(name, value)
    },
    print: terminal.print,
    readOptions: () => rawOptionsOf(read, variables),
  }
}
