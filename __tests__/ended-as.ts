import { expect } from '@jest/globals'

/** How something ended; where it should have ended otherwise, all that it said is shown besides, which a matcher in a list would hide. */
export function expectEnd<T>(got: T, wanted: T, said: string): void {
  expect(got === wanted ? { got } : { got, said }).toEqual({ got: wanted })
}
