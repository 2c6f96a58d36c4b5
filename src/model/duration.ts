const units: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  m: 60,
  min: 60,
  minute: 60,
  h: 3600,
  hour: 3600,
  hr: 3600,
  d: 86400,
  day: 86400,
  w: 604800,
  week: 604800,
}

/**
 * Whole seconds, rounded, of `90`, `90s`, `15m`, `1.5h`, `1h 30m`, `2 days`. Infinity for `never`, zero and negative ones
 * (CML's ways to say "no timeout"). Undefined when it is none of these.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === 'never') return Infinity
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return wholeSeconds(Number(trimmed))
  const negative = trimmed.startsWith('-')
  const amounts = negative ? trimmed.slice(1) : trimmed
  const parts = [...amounts.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== amounts) return undefined
  let seconds = 0
  for (const [, amount, unit = ''] of parts) {
    // A plural has a unit of two letters or more: `ms` are no minutes.
    const factor = factorOf(unit) ?? factorOf(unit.replace(/(?<=..)s$/, ''))
    if (factor === undefined) return undefined
    seconds += Number(amount) * factor
  }
  return negative ? Infinity : wholeSeconds(seconds)
}

/** Times travel as whole seconds, in tags and to the forge. However short a timeout is, it does not become none. */
function wholeSeconds(seconds: number): number {
  return seconds > 0 ? Math.max(1, Math.round(seconds)) : Infinity
}

function factorOf(unit: string): number | undefined {
  return Object.hasOwn(units, unit) ? units[unit] : undefined
}

/** `90s`, `15m`, `1h30m`, `5d`; `never` for Infinity. Whole seconds. */
export function renderDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never'
  const whole = Math.round(seconds)
  const parts: [number, string][] = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor((whole % 86400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'm'],
    [whole % 60, 's'],
  ]
  return (
    parts
      .filter(([amount]) => amount > 0)
      .map(([amount, unit]) => `${amount}${unit}`)
      .join('') || '0s'
  )
}
