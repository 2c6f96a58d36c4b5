/** With CML_TEST_SLOW machines and vendors are as slow as on a busy computer, now this one and now that, so that a story shows what it takes for sooner than it need be. */
export const slow = process.env.CML_TEST_SLOW !== undefined

/** How long a request is on its way then, ms at most. */
const longest = 120

export function onItsWay(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest))
}
