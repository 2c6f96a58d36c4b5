/** What an emulated forge must be able to do for a scene. */
export interface ForgeEmulator {
  readonly refused: readonly string[]
  leftovers(): { readonly registrations: readonly unknown[] }
  close(): Promise<void>
}

/** The part of a scene that is one forge's. */
export interface OpenForge<P> {
  readonly emulator: ForgeEmulator
  /** Environment of its jobs: where it is. No token. */
  readonly variables: Readonly<Record<string, string>>
  /** What a plain launch says to it beside. */
  readonly inputs: Readonly<Record<string, string>>
  /** Members of the scene that only this forge has. */
  readonly own: P
}

/** What a forge is to tests that are about no forge. One file for each line of the registry. */
export interface ForgeSide<P, O> {
  /** As in the registry. */
  readonly name: string
  /** It calls a runner online for hours after its machine is gone. */
  readonly noticesLate?: boolean
  open(options?: O): Promise<OpenForge<P>>
}
