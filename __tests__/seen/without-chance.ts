import { bars } from '../../src/lib/page.ts'

/** Texts that differ from run to run, each with what stands for it in a page that is compared. */
const samples: readonly (readonly [pattern: RegExp, sample: string])[] = [
  [/https?:\/\/(?:127\.0\.0\.1|localhost):\d+/g, 'https://github.com'],
  [/(?:127\.0\.0\.1|localhost):\d+/g, 'github.com'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '2026-12-01T12:00:00Z'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d(?= \|)/g, '2026-12-01 12:00'],
  [/\b(of|on) \d{4}-\d\d-\d\d\b/g, '$1 2026-12-01'],
  [/\bcml-run-[\w-]+/g, 'cml-run-…'],
  [/\bcml-[a-z2-7]{20}\b/g, 'cml-abcdefghijklmnopqrst'],
  [/\bcml-in-[a-z2-7]{6}\b/g, 'cml-in-abcdef'],
  [/\b(i|ami|subnet|vpc)-[0-9a-f]{8,17}\b/g, '$1-0123456789abcdef0'],
  [/10\.0\.\d+\.\d+|\b(?!127)\d{1,3}(?:\.\d{1,3}){3}\b/g, '203.0.113.10'],
  [/(?<=runners\/)\d+/g, '21'],
  [/\b\d+ of 16384 bytes/g, '13500 of 16384 bytes'],
  [/\bfetched: \d+ bytes/g, 'fetched: 187654321 bytes'],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2026-12-01 12:00:00 UTC'],
  [/\bcml-runner \d{10} /g, 'cml-runner 1796126400 '],
  [/, \d+ s after its machine/g, ', 46 s after its machine'],
  [/\$0\.0\d\b(?!\d)/g, '$0.42'],
  [/\bat most \$\d+\.\d\d/g, 'at most $48.38'],
  [/\b(after|within|for) \d+ s\b/g, '$1 48 s'],
  [/(?<=<summary>)\d+ s(?=, piece by piece)/g, '48 s'],
  [/\bin \d+d \d+h\b/g, 'in 4d 23h'],
  [/\bin \d+m\b/g, 'in 59m'],
]

/** Lines that come or not as the computer of the day has time. */
const passing =
  /^(Still at it|Waiting for runner \S+ for )|^│ (cml-runner \d+ )?(packages|ending)\b|^│ \[|^##\[debug\]/

/** Seconds that stand for those of a phase. */
const seconds: Readonly<Record<string, number>> = {
  'looking around': 1.2,
  'refused choices': 2.1,
  'ordering the machine': 1.6,
  booting: 17.5,
  'getting ready': 3.2,
  'fetching the runner': 9.4,
  'running cloud-startup-script': 4,
  registering: 4.1,
  'starting the runner': 5.3,
  'coming online': 1.8,
  'booting and registering': 39,
  'removing everything': 6.5,
}

/** The same for everybody, whenever and wherever it was made. */
export function withoutChance(text: string): string {
  const lines = text.split('\n').filter((line) => !passing.test(line))
  const told = samples.reduce((shown, [pattern, sample]) => shown.replace(pattern, sample), lines.join('\n'))
  return told.replace(/^```text\n((?:.+ +\d+\.\d s  ?\S+\n)+)```$/gm, (_, drawn: string) =>
    bars(
      drawn
        .trimEnd()
        .split('\n')
        .map((line) => /^(.+?) +\d+\.\d s/.exec(line)?.[1] ?? '')
        .map((what) => ({ what, ms: 1000 * (seconds[what] ?? 1) })),
    ),
  )
}
