import type { RunnerProgram } from './runner-program.ts'

/** The half of a forge in a pod: the one that is on machines, and what a pod cannot do. */
export interface PodProgram {
  readonly program: RunnerProgram
  /** Of the forge's program. `home`: where files of the pod lie. */
  environment(home: string): Readonly<Record<string, string>>
  /** Scripts to lay below that folder before the program starts: they end jobs that would run somewhere else than they say. */
  readonly files: Readonly<Record<string, string>>
}

/** What a job is told that asks for a container of its own. Words of a shell, between double quotes. */
export const noContainers =
  'This runner is a pod, which has no Docker: it cannot give a job a container or an image of its own. Give the image to the launch instead, in cloud-image, and leave it out of the job.'
