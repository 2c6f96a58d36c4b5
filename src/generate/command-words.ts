import type { Command } from '../options/command.ts'
import type { Option } from '../options/option.ts'
import { thisMachine } from '../options/runner-options.ts'

type Words = Readonly<Record<string, string>>

/** The row as the command means it: rows speak of a launch. Help and GitLab's component share it. `own`: words of whoever shows it, which come first. */
export function asMeantBy(command: Command, name: string, row: Option, own: Words = {}): Option {
  const description = own[name] ?? words[command]?.[name] ?? row.description
  const ofLaunch = command === 'launch' || command === 'doctor'
  return { ...(ofLaunch ? row : withoutThisMachine(row)), description }
}

const looking: Words = {
  name: 'Only launches whose runner has that name; in a job of CI only those of its own run.',
  cloud: 'The clouds to look in.',
  'cloud-region': 'Regions to look in. Every region of the account when absent.',
}

const words: Readonly<Partial<Record<Command, Words>>> = {
  stop: looking,
  sweep: { ...looking, 'dry-run': 'Print what a sweep would remove, on stdout, and do nothing.' },
  list: { ...looking, json: 'Print the list as JSON.' },
  doctor: { json: 'Print the checks as JSON, at the end.' },
  rerun: {
    cloud:
      'The clouds to ask how machines have ended, besides GitHub or GitLab. It may be left out: their own reasons are enough.',
    'cloud-region': 'Regions to look in. Where the cloud looks first when absent.',
  },
}

/** Only a launch can make the machine at hand the runner. */
export function withoutThisMachine(row: Option): Option {
  const { choices } = row
  return choices?.includes(thisMachine)
    ? { ...row, choices: choices.filter((choice) => choice !== thisMachine) }
    : row
}
