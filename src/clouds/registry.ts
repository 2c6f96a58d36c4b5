import { pick } from '../options/catalogue.ts'
import type { Table } from '../options/option.ts'
import { awsOptions } from './aws/options.ts'
import type { Cloud, CloudContext, MachineRequest } from './cloud.ts'

/** What the launcher knows of a cloud before it is used. */
export interface CloudLine {
  /** As users write it. */
  readonly name: string
  /** As people know it. */
  readonly title: string
  readonly options: Table
  /** What is wrong with a request, as far as no vendor need be asked: sentences. */
  readonly problems: (
    values: Readonly<Record<string, unknown>>,
    request: MachineRequest,
  ) => Promise<readonly string[]>
  /** Loads the cloud's own code, SDK included, at its first use. Takes all values; each cloud picks its own. */
  readonly load: (values: Readonly<Record<string, unknown>>, context: CloudContext) => Promise<Cloud>
}

/** One line per cloud. */
export const clouds = [
  {
    name: 'aws',
    title: 'AWS',
    options: awsOptions,
    problems: async (values, request) =>
      (await import('./aws/index.ts')).problemsOf(request, pick(awsOptions, values)),
    load: async (values, context) =>
      (await import('./aws/index.ts')).createAws(pick(awsOptions, values), context),
  },
] as const satisfies readonly CloudLine[]
