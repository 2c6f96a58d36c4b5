import type { Runner } from '../../model/runner.ts'
import { readNothing } from './answers.ts'
import type { Api } from './client.ts'

/**
 * "Set custom labels for a self-hosted runner": all others go but `self-hosted` and those of its system, which GitHub itself gives. GitHub finds a runner for a
 * job by the labels that the job asks for.
 */
export async function withholdAtGithub(
  api: Api,
  { id }: Pick<Runner, 'id'>,
  labels: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await api.send({
    tried: `take the labels of runner ${id} away`,
    method: 'PUT',
    path: '/actions/runners/{runner_id}/labels',
    parameters: { runner_id: id, labels },
    signal,
    read: readNothing,
    answers: { 404: undefined },
  })
}
