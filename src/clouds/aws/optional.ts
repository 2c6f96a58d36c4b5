import { Failure } from '../../model/failure.ts'
import { isDenied } from './failures.ts'

/** True where a read beyond the least-privilege policy failed in a way that must not stop a launch. */
export function isOptionalFailure(error: unknown): error is Failure {
  return (
    isDenied(error) ||
    (error instanceof Failure && (error.kind === 'unavailable' || error.kind === 'rate-limited'))
  )
}
