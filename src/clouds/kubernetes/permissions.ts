import type { Right } from './cluster.ts'

export interface NeededRight {
  readonly right: Right
  /** As people read it: `create jobs.batch`. */
  readonly text: string
  /** What a launch does without it, as a sentence; absent where it can do nothing. */
  readonly without?: string
}

const needed = (verb: string, resource: string, without?: string): NeededRight => {
  const [name = '', subresource] = resource.split('/')
  return {
    right: { verb, resource: name, ...(subresource ? { subresource } : {}) },
    text: `${verb} ${name === 'jobs' ? 'jobs.batch' : resource}`,
    ...(without === undefined ? {} : { without }),
  }
}

/** What a launch needs of its credentials in the namespace. The Role of the documentation has these and no others. */
export function rightsFor(): readonly NeededRight[] {
  return [
    needed('create', 'jobs'),
    needed('get', 'jobs'),
    needed('list', 'jobs'),
    needed('patch', 'jobs'),
    needed('create', 'secrets'),
    needed('delete', 'secrets'),
    needed('list', 'pods'),
    needed('get', 'pods/log', 'the boot log cannot be shown.'),
    needed('list', 'events', 'why a pod is not made or was taken away cannot always be told.'),
  ]
}

export function permissionTexts(): readonly string[] {
  return rightsFor().map(({ text, without }) => (without === undefined ? text : `${text} (optional)`))
}
