/** What is said at a launch that goes on all the same. */

/** `below`: path of the server. `scopes` of the token; `needed`: what token would be right, as a noun. */
export function scopesCaveat(below: string, scopes: readonly string[], needed: string): string {
  return (
    `This GitLab is installed below ${below}, where only the scope \`api\` lets a token remove runners; the token has ${scopes.join(', ')}. ` +
    'A machine still removes its own runner at its end. Those of launches that fail, and what `stop` and `sweep` find, stay in GitLab. ' +
    `Better use ${needed}.`
  )
}

/** `endsAt`: unix seconds. */
export function tokensEndCaveat(runner: string, endsAt: number): string {
  return (
    `GitLab ends the token of runner ${runner} at ${new Date(endsAt * 1000).toISOString()}, before the machine's own end. ` +
    'A job that runs then goes on. After it the machine gets no other and ends, and its runner stays in GitLab until `sweep` or a later launch removes it. ' +
    'Give a shorter `max-lifetime`, or have the time raised (runners expiration: Admin area > Settings > CI/CD, or the settings of the group).'
  )
}
