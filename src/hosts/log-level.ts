import type { Log } from '../lib/log.ts'

export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

/** A log that says only what is at least as grave as its level, which can be set once the options are known. */
export interface LevelledLog extends Log {
  level: LogLevel
}

export function levelledLog(say: (level: LogLevel, text: string) => void): LevelledLog {
  const log: LevelledLog = {
    level: 'info',
    error: (text) => pass('error', text),
    warn: (text) => pass('warn', text),
    info: (text) => pass('info', text),
    debug: (text) => pass('debug', text),
  }
  const pass = (level: LogLevel, text: string): void => {
    if (logLevels.indexOf(level) <= logLevels.indexOf(log.level)) say(level, text)
  }
  return log
}
