import type { available } from '../options/command.ts'

/** Command lines to copy, without the program's name, each with what it is for. `{cloud}` stands for one that is known. Help alone needs them. */
export const commandExamples: Readonly<
  Record<keyof typeof available, readonly (readonly [string, string])[]>
> = {
  launch: [
    [
      'launch --cloud {cloud} --cloud-type m+t4 --labels gpu',
      'a machine with a T4, for jobs that ask for `gpu`',
    ],
    ['launch --cloud {cloud} --cloud-spot --cloud-spot-fallback --single', 'a spot machine for one job'],
    ['launch --cloud {cloud} --cloud-type m+t4 --dry-run', 'what would be tried, and at no cost'],
  ],
  stop: [
    ['stop --cloud {cloud} --cloud-region us-west', 'everything that this run launched there'],
    ['stop --cloud {cloud} --name trainer', 'the launch of that name, in every region'],
  ],
  sweep: [
    ['sweep --cloud {cloud} --dry-run', 'what a sweep would take away'],
    ['sweep --cloud {cloud} --cloud-region us-east,us-west', 'two regions alone'],
  ],
  list: [
    ['list --cloud {cloud}', 'a table of the machines of this repository'],
    ['list --cloud {cloud} --json', 'the same for programs'],
  ],
  doctor: [
    [
      'doctor --cloud {cloud} --cloud-type m+t4',
      'token, permissions, network, price: a line each, with the fix',
    ],
    ['doctor --cloud {cloud} --json', 'the same for programs'],
  ],
  rerun: [
    ['rerun', 'runs of this repository that failed within a day, as a scheduled job does it'],
    ['rerun --run-id 4711', 'one run, once it has ended'],
  ],
}
