/** What is sent to a pod, as the carrier lays it and its cloud takes it apart. */
export interface Mounted {
  /** Brings the forge's program, and is the pod's own image where nobody names another. */
  readonly image: string
  /** Of the Secret: contents in Base64 by path, relative to where it is mounted. */
  readonly files: Readonly<Record<string, string>>
}

/** Where things are in a pod, below the root prefix: nothing in it is root's own, and nothing outlives it. */
export const podPaths = {
  /** A Secret, mounted for the container that prepares the others, and for no job. */
  sent: '/opt/cml-runner-sent',
  /** Disk of the pod. */
  home: '/opt/cml-runner',
  agent: '/opt/cml-runner/agent.js',
  node: '/opt/cml-runner/node',
  /** The forge's program, or what it works in. */
  tree: '/opt/cml-runner/runner',
  certificates: '/opt/cml-runner/certificates.pem',
  startupScript: '/opt/cml-runner/startup-script',
  jobStartedHook: '/opt/cml-runner/hooks/job-started.sh',
  jobCompletedHook: '/opt/cml-runner/hooks/job-completed.sh',
  /** Memory. */
  state: '/run/cml-runner',
  /** Deleted by the agent once it has registered. */
  config: '/run/cml-runner/agent.json',
} as const

/** Of the files: one runs in the runner's image before the pod's own container, the other in that. */
export const podScripts = { bring: 'bring.sh', start: 'start.sh' } as const

export function writeMounted(mounted: Mounted): Buffer {
  return Buffer.from(JSON.stringify(mounted))
}

/** What `writeMounted` has made. */
export function readMounted(payload: Buffer): Mounted {
  return JSON.parse(payload.toString('utf8')) as Mounted
}
