/** What an emulated forge must be able to do for a scene. */
export interface ForgeEmulator {
  readonly refused: readonly string[]
  leftovers(): { readonly registrations: readonly unknown[] }
  close(): Promise<void>
}

/** The part of a scene that is one forge's. */
export interface OpenForge<E extends ForgeEmulator> {
  readonly emulator: E
  readonly variables: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, string>>
}

export interface SceneForge<E extends ForgeEmulator, O> {
  /** As in the registry. */
  readonly name: string
  open(options?: O): Promise<OpenForge<E>>
}
