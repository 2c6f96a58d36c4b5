// `npm run demo`: a whole life in a terminal. Exit code 0 only when everything went well and nothing is left.
import { listenForInterrupts } from './interrupt.ts'
import { Screen } from './screen.ts'

async function demo(): Promise<number> {
  if (process.platform !== 'linux') {
    console.error('The demo runs on Linux only: its emulated machine boots with Linux programs.')
    return 1
  }
  const interrupt = listenForInterrupts()
  const { play } = await import('./play.ts')
  return play(new Screen(process.stdout), interrupt)
}

void demo().then((code) => process.exit(code))
