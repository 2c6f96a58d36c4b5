import { Failure } from '../../model/failure.ts'
import type { Candidate } from '../../model/instance.ts'
import type { Toleration } from './placement.ts'
import type { Size } from './sizes.ts'

/** What a pod needs beyond what every cloud shares. Plain data: it survives JSON. */
export interface KubernetesCandidate extends Candidate {
  readonly cloud: 'kubernetes'
  readonly size: Size
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: readonly Toleration[]
  /** The user's own; else the one that brings the runner serves for jobs, too. */
  readonly ownImage?: string
  /** The one that brings the runner, by its digest where that is known. */
  readonly runnerImage?: string
  readonly serviceAccount?: string
}

export function asKubernetes(candidate: Candidate): KubernetesCandidate {
  if (candidate.cloud === 'kubernetes' && 'size' in candidate) return candidate as KubernetesCandidate
  throw new Failure('internal', {
    tried: `launch ${candidate.type}`,
    said: 'it was not resolved by this cloud',
  })
}
