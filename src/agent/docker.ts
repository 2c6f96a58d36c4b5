import type { Surroundings } from '../machine/runner-program.ts'
import { run } from './run.ts'
import type { Machine } from './world.ts'

/** ms; a driver that hangs must not hang the agent. */
const patience = 30_000

/** dockerd passes GPUs on when it finds NVIDIA's hook, or its container toolkit (docs.docker.com, "GPU support"). */
const gpuTools = 'nvidia-smi && { command -v nvidia-container-runtime-hook || command -v nvidia-ctk; }'

export async function lookForDocker({
  environment,
}: Pick<Machine, 'environment'>): Promise<Pick<Surroundings, 'docker' | 'gpus'>> {
  const works = async (...line: string[]) =>
    (await run(line, { env: { ...environment }, timeout: patience })).status === 0
  // A driver that nobody has asked yet takes seconds.
  const [docker, gpus] = await Promise.all([works('docker', 'version'), works('/bin/sh', '-c', gpuTools)])
  return { docker, gpus: docker && gpus }
}
