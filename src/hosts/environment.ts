type Variables = Readonly<Record<string, string | undefined>>

/**
 * What of a person's environment jobs get: what finds programs, drivers and Docker, and the languages. Everything else may be a secret, and whoever wants
 * a variable in a job sets it there.
 */
const forJobs =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_RUNTIME_DIR|DOCKER_HOST|LD_LIBRARY_PATH|CUDA_\w+|NVIDIA_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/

/** What this program itself needs besides. */
const forUs = /^(TERM|HOSTNAME|NODE_OPTIONS|NODE_USE_SYSTEM_CA|CI|(CI|GITHUB|GITLAB|RUNNER)_\w+)$/

/** What options, tokens and proxies are read from: it travels where nobody can look. */
const forOptions =
  /^(CML_\w+|INPUT_\w+|INPUT_.*|CI|(CI|GITHUB|GITLAB|RUNNER|NODE|ACTIONS)_\w+|REPO_TOKEN|repo_token|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy|USER|USERNAME|HOME)$/

const secretive = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|_KEY|AUTH/i

/** Of a user's environment, what may be seen by jobs. `secrets`: texts that none of it may hold. */
export function jobEnvironment(variables: Variables, secrets: readonly string[]): Record<string, string> {
  return chosen(variables, (name) => forJobs.test(name), secrets)
}

/** The environment of the process that works on: every job of the same user can read it. */
export function visibleEnvironment(variables: Variables, secrets: readonly string[]): Record<string, string> {
  const isOpen = (name: string) => forJobs.test(name) || (forUs.test(name) && !secretive.test(name))
  return chosen(variables, isOpen, secrets)
}

/** What it is told on a way that nobody can read. */
export function toldVariables(variables: Variables): Record<string, string> {
  return chosen(variables, (name) => forOptions.test(name), [])
}

function chosen(
  variables: Variables,
  isMeant: (name: string) => boolean,
  secrets: readonly string[],
): Record<string, string> {
  const entries = Object.entries(variables).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && isMeant(entry[0]) && !secrets.some((secret) => entry[1]!.includes(secret)),
  )
  return Object.fromEntries(entries)
}
