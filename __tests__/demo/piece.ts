import type { MachineOptions } from '../emulators/machine/machine.ts'
import type { AnyScene } from '../emulators/scene.ts'
import type { Screen, Speaker } from './screen.ts'

/** A job that is under way outside of any machine. */
export interface Running {
  kill(): void
  dispose(): Promise<void>
}

/** What later jobs know of the one that launched. */
export interface Deployed {
  /** By name, as this forge spells them. */
  readonly outputs: Readonly<Record<string, string>>
  readonly instanceId: string
}

/** What is played, as one forge has it: two jobs, one that launches and one that trains on the machine. */
export interface Piece<S extends AnyScene = AnyScene> {
  readonly forge: Extract<Speaker, 'GitHub' | 'GitLab'>
  open(machine: MachineOptions): Promise<S>
  /** Lines about what is played, and what is emulated. */
  introduce(screen: Screen): void
  /** `onStart` may throw: then it is too late. */
  deploy(scene: S, screen: Screen, onStart: (running: Running) => void): Promise<Deployed>
  /** Returns the accuracy of the model. */
  train(scene: S, deployed: Deployed, screen: Screen): Promise<string | undefined>
}
