import type { AnyScene } from '../emulators/scene.ts'
import { partsOf } from '../sides/joint.ts'
import { followConsole } from './console.ts'
import { Interrupted, type Interrupt } from './interrupt.ts'
import type { Piece, Running } from './piece.ts'
import type { Screen } from './screen.ts'

/** A plain Ubuntu, which lacks Docker and ICU; ms of what takes minutes in earnest. */
const pace = { powerOn: 2500, packages: 2500 } as const

/** Plays from the launch to the end of the machine. Returns the exit code; nothing is left running. */
export async function play<S extends AnyScene>(
  piece: Piece<S>,
  screen: Screen,
  interrupt: Interrupt,
): Promise<number> {
  piece.introduce(screen)
  screen.plain()
  const scene = await piece.open({ docker: false, libicu: false, aptDelay: pace.packages })
  scene.cloud.bootDelay(pace.powerOn)
  // Of several clouds the last alone has a machine to give: the first has none left, and the account may have no more at the others.
  for (const [index, full] of partsOf(scene.cloud).slice(0, -1).entries())
    if (index === 0) full.dry()
    else full.exhaust()
  let running: Running | undefined
  let over = false
  const onStart = (started: Running): void => {
    running = started
    if (over) throw new Error('too late')
  }
  try {
    await Promise.race([live(scene, piece, screen, onStart), interrupt.happens])
    return conclude(scene, piece, screen)
  } catch (error) {
    return explain(error, scene, screen)
  } finally {
    over = true
    running?.kill()
    await running?.dispose()
    await scene.close()
  }
}

async function live<S extends AnyScene>(
  scene: S,
  piece: Piece<S>,
  screen: Screen,
  onStart: (running: Running) => void,
): Promise<void> {
  const { forge } = piece
  const deployed = await piece.deploy(scene, screen, onStart)
  const { instanceId } = deployed
  screen.say(forge, 'Job deploy: success.')
  const machine = scene.boot.machines.find(({ spec }) => spec.instanceId === instanceId)
  if (!machine) throw new Error(`the emulated cloud has no machine ${instanceId}`)
  const console = followConsole(machine, screen)
  const accuracy = await piece.train(scene, deployed, screen)
  screen.say(forge, `Its metric: accuracy ${accuracy} on rows the model has not seen.`, 'bold')
  screen.say('machine', '(no more jobs: it waits until it has been idle long enough)', 'dim')
  await console
  const { told } = await scene.cloud.until(() =>
    scene.cloud.machines.find(({ id, ended }) => id === instanceId && ended),
  )
  screen.say('cloud', `${instanceId} is ${told}.`)
}

/** Asks the emulators what is left. */
function conclude(scene: AnyScene, { forge: name }: Pick<Piece, 'forge'>, screen: Screen): number {
  const { cloud, forge } = scene.leftovers()
  const refused = scene.refused()
  const clean = cloud === 0 && forge === 0 && refused.length === 0
  screen.plain()
  for (const part of partsOf(scene.cloud)) {
    const changing = part.calls().filter(({ changes }) => changes)
    screen.plain(
      `${screen.seconds.toFixed(1)} s. Calls that changed something at ${part.side.service}: ${changing.map(({ name }) => name).join(', ')}.`,
    )
  }
  screen.plain(
    screen.style(
      ['bold', clean ? 'green' : 'red'],
      `Left at ${scene.cloud.side.service}: ${cloud} machines, disks and network interfaces. Left at ${name}: ${forge} registrations.`,
    ),
  )
  for (const problem of refused) screen.plain(`An emulator did not understand: ${problem}`)
  return clean ? 0 : 1
}

function explain(error: unknown, scene: AnyScene, screen: Screen): number {
  screen.plain()
  screen.plain(screen.style('red', error instanceof Error ? error.message : String(error)))
  if (error instanceof Interrupted && error.code > 1) return error.code
  for (const machine of scene.boot.machines)
    screen.plain(`\nConsole of ${machine.spec.instanceId}:\n${machine.console()}`)
  for (const problem of scene.refused()) screen.plain(`An emulator did not understand: ${problem}`)
  return 1
}
