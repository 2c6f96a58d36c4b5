/** What others call the product by. Its owner stands in the name of the npm package alone; whoever forks it changes it there. */
export interface PublicNames {
  /** `org`: account at GitHub, group at GitLab and scope at npm. */
  readonly owner: string
  /** `@org/cml-runner`. */
  readonly packageName: string
  readonly version: string
}

/** Throws when the package has no scope: a plain name belongs to whoever publishes it first. */
export function publicNamesOf({
  name,
  version,
}: {
  readonly name: string
  readonly version: string
}): PublicNames {
  const owner = /^@([a-z0-9][a-z0-9-]*)\/cml-runner$/.exec(name)?.[1]
  if (owner === undefined) throw new RangeError(`package.json must be named @<owner>/cml-runner, not ${name}`)
  return { owner, packageName: name, version }
}

/** How a job or a person runs the command line, without anybody being asked: pinned, since the newest one may be anything tomorrow. */
export function runCommandOf({ packageName, version }: PublicNames): string {
  return `npx --yes ${packageName}@${version}`
}

/**
 * The text with every mention of action, component, package and team under today's names: `<owner>/cml-runner-action`, `<owner>/cml-runner-maintainers`,
 * `<owner>/cml-runner/<template>@<version>`, `npx @<owner>/cml-runner@<version>`. A version that is a variable or a placeholder stays.
 */
export function fillNames(text: string, { owner, packageName, version }: PublicNames): string {
  const current = (given: string | undefined): string => (given && /^[$<]/.test(given) ? given : version)
  return text
    .replace(/[\w-]+(?=\/cml-runner-(?:action|maintainers)\b)/g, owner)
    .replace(
      /[\w-]+\/cml-runner\/(runner|stop|sweep|list|rerun|doctor)@([\w.$<>-]+)/g,
      (_, template: string, given: string) => `${owner}/cml-runner/${template}@${current(given)}`,
    )
    .replace(
      /\bnpx( --yes)? (?:@[\w-]+\/)?cml-runner(?:@([\w.$<>-]*[\w>]))?(?![\w-])/g,
      (_, yes: string | undefined, given: string | undefined) =>
        `npx${yes ?? ''} ${packageName}@${current(given)}`,
    )
}
