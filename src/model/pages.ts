const home = 'https://github.com/org/cml-runner-action'

/** Where whoever has the program alone, as a step or from npm, finds the rest. The owner comes from package.json, by `npm run generate`. */
export const homePage = `${home}#readme`

export const issuesPage = `${home}/issues`

/** The address of a page or an anchor of it, such as `docs/doctor.md#in-a-job`, as of this major version. */
export function pageAt(path: string): string {
  return `${home}/blob/v1/${path}`
}

/** The same file as it is, for a command that reads it. */
export function fileAt(path: string): string {
  return `${home}/raw/v1/${path}`
}
