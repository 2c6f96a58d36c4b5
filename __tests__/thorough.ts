/** This is `npm run test:rest`, which has the time for many draws by chance. */
export const thorough = (globalThis as { readonly thorough?: boolean }).thorough === true

/** So many draws there, and a few of them elsewhere. */
export const draws = (count: number): number => (thorough ? count : Math.ceil(count / 6))

/** All of these there; elsewhere every sixth, by turns: whoever asks with six numbers that follow each other meets each. */
export function turnOf<T>(all: readonly T[], number: number): readonly T[] {
  const turns = Math.min(6, all.length)
  return thorough ? all : all.filter((_, index) => index % turns === number % turns)
}
