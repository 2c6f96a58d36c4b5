import { afterEach, beforeEach } from '@jest/globals'

/** Starts a world before each test of a file, and ends it afterwards: that fails for what its emulators did not understand. */
export function inEachTest<W extends { close(): Promise<void> }>(
  start: () => Promise<W>,
  use: (world: W) => void,
): void {
  let world: W
  beforeEach(async () => use((world = await start())))
  afterEach(() => world.close())
}
