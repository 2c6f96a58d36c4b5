import type { Cluster, Job } from './cluster.ts'
import { isTaken } from './failures.ts'
import { secretOf } from './job-request.ts'
import { sampleLease } from './sample.ts'

/** Is the Secret of a Job there? Nobody may read Secrets, and nobody has to: one of that name could not be made. */
export async function sentThere(cluster: Cluster, job: Job, signal?: AbortSignal): Promise<boolean> {
  const { namespace = '', name = '' } = job.metadata ?? {}
  const secret = secretOf({ lease: sampleLease }, job, { files: {} })
  try {
    await cluster.trySecret(namespace, secret, { tried: `ask whether ${name} has what it is sent`, signal })
    return false
  } catch (error) {
    if (isTaken(error)) return true
    throw error
  }
}
