import { clouds } from '../../src/clouds/registry.ts'
import fc from 'fast-check'
import type { Option } from '../../src/options/option.ts'

/** Printed by fast-check with a failure; `CML_RUNNER_FUZZ_SEED` plays it again, or looks elsewhere. */
export const seed = Number(process.env.CML_RUNNER_FUZZ_SEED ?? 20261122)

/** A file that a shell on launcher or machine would make if any of these texts ever became a command. */
export const canary = '/tmp/cml-fuzz'

/** Texts that mean something to somebody on their way, each short enough for a name. */
export const nasty: readonly string[] = [
  // Shells.
  `$(touch ${canary})`,
  `\`touch ${canary}\``,
  `; touch ${canary} #`,
  `' ; touch ${canary} ; '`,
  `" ; touch ${canary} ; "`,
  `\\"; touch ${canary}; #`,
  `| touch ${canary}`,
  `&& touch ${canary}`,
  `>${canary}`,
  '${IFS}',
  '$PATH',
  '%PATH%',
  '!!',
  '~root',
  '*',
  '?[a-z]',
  '\\',
  '\\n',
  "'",
  '"',
  // Templates of the forges.
  '${{ secrets.GITHUB_TOKEN }}',
  '${{ github.token }}',
  '$[[ inputs.token ]]',
  '$CI_JOB_TOKEN',
  '%{secret}',
  // Commands to the CI's runner.
  '::set-output name=label::x',
  '::add-mask::cml',
  '::stop-commands::x',
  '##[error]x',
  '##[group]x',
  'label<<EOF',
  'section_start:1:x',
  // Options of other programs.
  '-',
  '--',
  '--help',
  '-rf',
  '--token=x',
  '--unattended',
  '@/etc/passwd',
  // Data formats.
  '{"a":1}',
  '"}]}',
  '- a: b',
  '#cloud-config',
  '--==cml-runner==--',
  'Content-Type: text/x-shellscript',
  '!!python/object/apply:os.system',
  '&anchor *anchor',
  'null',
  'true',
  '<img src=x onerror=x>',
  '[x](https://example.com)',
  '| a | b |',
  '../../etc',
  '/etc/cron.d/x',
  'C:\\x',
  '__proto__',
  'constructor',
  'aws:x',
  // Alphabets.
  '\u202egpj.exe',
  'e\u0301\u0301\u0301',
  '\u200b',
  '\u2028',
  '\u0130\u017f',
  'ملف',
  '😀👩‍👩‍👧',
  '\ufeffx',
]

/** What only a terminal, a file or a C program takes for more than text. */
export const unprintable: readonly string[] = [
  'a\nb',
  'a\r\nb',
  'a\u0000b',
  '\u001b[2J',
  '\u001b]0;x\u0007',
  '\u009b31m',
  'a\tb',
  '\u0008\u0008',
  '\ud800',
  'a\udfffb',
  '\n::set-output name=label::x',
  '\n##[error]x',
  '\nEOF\n',
  `\ntouch ${canary}\n`,
]

const short = fc.constantFrom(...nasty)
const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))

/** Any text at all: known trouble, trouble joined, noise, and any 16-bit units. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: short, weight: 4 },
  { arbitrary: fc.constantFrom(...unprintable), weight: 2 },
  {
    arbitrary: fc
      .array(fc.oneof(short, fc.constantFrom(...unprintable)), { minLength: 2, maxLength: 5 })
      .map((all) => all.join('')),
    weight: 2,
  },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 80 }), weight: 2 },
  { arbitrary: fc.string({ unit, maxLength: 40 }), weight: 1 },
)

/** One line of printable text, as names and labels may be: what is not refused must arrive. */
export const printableText: fc.Arbitrary<string> = fc
  .oneof(
    { arbitrary: short, weight: 3 },
    { arbitrary: fc.tuple(short, short).map((two) => two.join('')), weight: 2 },
    { arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), weight: 2 },
  )
  .map((text) => text.replace(/[\p{Cc}\p{Cs},]/gu, '').trim())
  .filter((text) => text !== '' && text.length <= 64)

/** The part of it that tags take on every cloud that has tags for free text. */
export const tagText: fc.Arbitrary<string> = printableText.map(
  (text) => text.replace(/[^\p{L}\p{N}_.:/=+\-@ ]/gu, '').trim() || 'x',
)

/** A text for one option: plain trouble, and trouble around what would be valid there. */
export function textFor(row: Option): fc.Arbitrary<string> {
  const valid = fc.constantFrom(...sensible(row))
  return fc.oneof(
    { arbitrary: hostileText, weight: 3 },
    { arbitrary: fc.tuple(valid, hostileText).map((two) => two.join('')), weight: 2 },
    { arbitrary: fc.tuple(hostileText, valid).map((two) => two.join('')), weight: 1 },
    {
      arbitrary: fc
        .tuple(valid, fc.constantFrom(',', '\n', '=', ' '), hostileText)
        .map((all) => all.join('')),
      weight: 2,
    },
  )
}

function sensible({ kind, choices, default: standing }: Option): readonly string[] {
  const byKind = {
    text: ['a'],
    secret: ['ghp_0123456789'],
    list: ['a,b'],
    flag: ['true'],
    number: ['40'],
    amounts: ['40', `${clouds[0].name}: 40\n50 GB`],
    duration: ['15m'],
    choice: choices ?? ['a'],
    choices: choices ?? ['a'],
    pairs: ['team=ml', 'a=1,b='],
    url: ['https://github.com/octo-org/octo-repo', 'git@github.com:octo-org/'],
  }[kind]
  return standing === undefined ? byKind : [standing, ...byKind]
}
