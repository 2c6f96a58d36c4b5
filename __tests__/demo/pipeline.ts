import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Inclusion {
  /** `$CI_SERVER_FQDN/org/cml-runner/runner@0.1.0` */
  readonly component: string
  readonly inputs: Readonly<Record<string, string>>
}

export interface PipelineJob {
  readonly needs: readonly string[]
  readonly tags: readonly string[]
  readonly image: string
  readonly script: readonly string[]
}

export interface Pipeline {
  readonly include: readonly [Inclusion]
  readonly train: PipelineJob
}

export function readPipeline(path: string): Pipeline {
  return parse(readFileSync(path, 'utf8')) as Pipeline
}

/** Replaces `$NAME`, as GitLab does in tags. Throws on names that are not there. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => {
    const value = variables[name]
    if (value === undefined) throw new Error(`the demo cannot tell what $${name} stands for`)
    return value
  })
}
