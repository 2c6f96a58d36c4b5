/** Where a program says what it does. Nothing secret is ever passed in; hosts mask what they were told to, as a second line. */
export interface Log {
  debug(text: string): void
  info(text: string): void
  warn(text: string): void
  error(text: string): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
