// `npm run demo`: a whole life in a terminal, at GitHub or with `-- --forge gitlab` at GitLab. Exit code 0 only when everything went well and nothing is left.
import { listenForInterrupts } from './interrupt.ts'
import { Screen } from './screen.ts'

async function demo(): Promise<number> {
  if (process.platform !== 'linux') {
    console.error('The demo runs on Linux only: its emulated machine boots with Linux programs.')
    return 1
  }
  const forge = forgeOf(process.argv.slice(2))
  if (!forge) {
    console.error('Usage: npm run demo [-- --forge github|gitlab]')
    return 2
  }
  const interrupt = listenForInterrupts()
  const screen = new Screen(process.stdout)
  const { play } = await import('./play.ts')
  if (forge === 'github')
    return play((await import('./workflow-piece.ts')).workflowPiece(), screen, interrupt)
  return play((await import('./pipeline-piece.ts')).pipelinePiece(), screen, interrupt)
}

/** Undefined for what is no forge, or nothing known. */
function forgeOf(argv: readonly string[]): 'github' | 'gitlab' | undefined {
  const [, forge = ''] = /^(?:--forge[= ](github|gitlab))?$/.exec(argv.join(' ')) ?? [undefined, undefined]
  if (argv.length === 0) return 'github'
  return forge === 'github' || forge === 'gitlab' ? forge : undefined
}

void demo().then((code) => process.exit(code))
