import { expect, test } from '@jest/globals'
import { forgeSides, type ForgeName } from '../sides/sides.ts'
import { leftRunning, openBox, type Box } from './box.ts'

/** A story on a machine of one's own, told of every forge; whatever it does, nothing is left running or registered, no secret was to be read anywhere, and the forge has understood everything. */
export function hereStory(
  name: string,
  tell: (box: Box) => Promise<void>,
  at = Object.keys(forgeSides) as ForgeName[],
): void {
  for (const forge of at)
    test.concurrent(`${name} (${forge})`, async () => {
      const box: Box = await openBox<ForgeName>(forge)
      try {
        await tell(box)
        expect(box.emulator.refused).toEqual([])
        expect(box.emulator.leftovers().registrations).toEqual([])
        expect(await leftRunning(box)).toEqual([])
        expect(box.leaks()).toEqual([])
      } finally {
        await box.close()
      }
    })
}
