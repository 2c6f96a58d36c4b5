import { setInterval } from 'node:timers/promises'
import { milestoneOf } from '../../src/machine/boot-log.ts'
import type { Machine } from '../emulators/machine/machine.ts'
import type { Screen } from './screen.ts'

/** Shows what a machine says on its console from now on, until it has ended. */
export async function followConsole(machine: Machine, screen: Screen): Promise<void> {
  let ended = false
  void machine.ended.then(() => (ended = true))
  let shown = machine.console().length
  for await (const _ of setInterval(50)) {
    const last = ended
    const text = machine.console().slice(shown)
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    shown += whole.length
    for (const line of whole.split('\n').slice(0, -1)) show(line, screen)
    if (last) return
  }
}

function show(line: string, screen: Screen): void {
  const milestone = milestoneOf(line)
  screen.say('machine', milestone ? [milestone.milestone, milestone.text].filter(Boolean).join(': ') : line)
}
