// The emulated Runner.Worker: one process per job. Reads the job from a pipe, runs its steps for real, ends with the official exit code.
import { writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { WorkerMessage } from './dispatcher.ts'
import { Job, type JobOrder } from './job.ts'
import { root } from './settings.ts'

const exitCodes = { Succeeded: 100, Failed: 102, Canceled: 103 } as const

process.title = join(root, 'bin', 'Runner.Worker')
writeFileSync('/proc/self/comm', 'Runner.Worker')

let job: Job | undefined
// A signal may reach the whole process group, steps included; what it means is the listener's to say.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => job?.expectCancel())

// Not a file stream: a read that blocks in the thread pool would keep process.exit from ending.
const pipe = new Socket({ fd: Number(process.argv[3] ?? 3), readable: true, writable: false })
const lines = createInterface({ input: pipe })
lines.on('line', (line) => {
  const message = JSON.parse(line) as WorkerMessage
  if (message.type === 'cancel') job?.cancel(message.reason)
  else {
    job = new Job(message.job as JobOrder, message.settings, message.authorization)
    void job.run().then((result) => process.exit(exitCodes[result]))
  }
})
// Without a listener there is nobody to work for.
lines.on('close', () => {
  if (job) void job.abandon().then(() => process.exit(1))
  else process.exit(1)
})
