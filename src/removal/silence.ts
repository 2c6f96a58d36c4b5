import type { Ports } from '../ports.ts'

/** ms after which a person who watches the log is told what goes on. */
const longest = 14_000

/**
 * The same world, whose log is never silent for longer than 15 s until the signal aborts: then it says what it is at (the title of the group that is
 * open, `doing` outside of any) and for how long.
 */
export function neverSilent(ports: Ports, doing: string, signal: AbortSignal): Ports {
  const { host, clock } = ports
  let told = clock.now()
  let now = { what: doing, since: clock.now() }
  const telling =
    (say: (text: string) => void) =>
    (text: string): void => {
      told = clock.now()
      say(text)
    }
  const log = Object.create(host.log, {
    info: { value: telling((text) => host.log.info(text)) },
    warn: { value: telling((text) => host.log.warn(text)) },
    error: { value: telling((text) => host.log.error(text)) },
  }) as Ports['host']['log']
  const group = async <T>(title: string, body: () => Promise<T>): Promise<T> => {
    const before = now
    now = { what: title, since: clock.now() }
    told = clock.now()
    try {
      return await host.group(title, body)
    } finally {
      now = before
    }
  }
  const watch = async (): Promise<never> => {
    for (;;) {
      await clock.sleep(Math.max(1, told + longest - clock.now()), signal)
      if (clock.now() - told < longest) continue
      log.info(`Still at it for ${Math.round((clock.now() - now.since) / 1000)} s: ${now.what}.`)
    }
  }
  watch().catch(() => undefined)
  return {
    ...ports,
    host: Object.create(host, { log: { value: log }, group: { value: group } }) as Ports['host'],
  }
}
