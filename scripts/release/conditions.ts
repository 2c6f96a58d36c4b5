import { parse, parseAllDocuments } from 'yaml'

/** What is looked at: committed files by path, with `/`. */
export interface Project {
  readonly read: (path: string) => string
  readonly files: readonly string[]
  readonly version: string
}

export interface Condition {
  /** Who asks for it. */
  readonly of: string
  readonly says: string
  /** What is wrong, with what to do; nothing where it holds. */
  readonly holds: (project: Project) => string | undefined
  /** It cannot hold before a release is made. */
  readonly atRelease?: true
}

interface Metadata {
  readonly name: string
  readonly description: string
  readonly branding: { readonly icon: string; readonly color: string }
}

interface Package {
  readonly name: string
  readonly repository?: { readonly url: string }
  readonly publishConfig?: { readonly provenance?: boolean }
}

const unless = (holds: boolean, wrong: string): string | undefined => (holds ? undefined : wrong)
const action = ({ read }: Project): Metadata => parse(read('action.yml')) as Metadata
const ours = ({ read }: Project): Package => JSON.parse(read('package.json')) as Package
const templatesOf = ({ files }: Project): readonly string[] =>
  files.filter((path) => /^gitlab-component\/templates\/[^/]+\.yml$/.test(path))

/**
 * Sources: docs.github.com, "Publishing actions in GitHub Marketplace" and "Metadata syntax"; the limit of a description is what its form says (as
 * others report it); docs.gitlab.com, "CI/CD components", "Publish a component project"; docs.npmjs.com, "Trusted publishing".
 */
export const conditions: readonly Condition[] = [
  {
    of: 'Marketplace',
    says: 'one action in the repository, in its root',
    holds: ({ files }) => {
      const found = files.filter((path) => /(^|\/)action\.ya?ml$/.test(path) && !path.startsWith('docs/'))
      return unless(found.join() === 'action.yml', `there are ${found.join(', ') || 'none'}`)
    },
  },
  {
    of: 'Marketplace',
    says: 'a name, an icon and a color; a description below 125 characters',
    holds: (project) => {
      const { name, description, branding } = action(project)
      if (!name || !branding.icon || !branding.color)
        return 'action.yml lacks name, branding.icon or branding.color'
      return unless(description.length < 125, `the description of action.yml has ${description.length}`)
    },
  },
  {
    of: 'Marketplace',
    says: 'a README in the root, which is its page there',
    holds: ({ files }) => unless(files.includes('README.md'), 'README.md is missing'),
  },
  {
    of: 'GitHub',
    says: 'licence, security policy, code of conduct, owners of the code, forms for issues and pull requests',
    holds: ({ files }) => {
      const wished = [
        'LICENSE',
        'SECURITY.md',
        'CONTRIBUTING.md',
        'CODE_OF_CONDUCT.md',
        '.github/CODEOWNERS',
        '.github/dependabot.yml',
        '.github/pull_request_template.md',
        '.github/ISSUE_TEMPLATE/bug.yml',
      ]
      const missing = wished.filter((path) => !files.includes(path))
      return unless(missing.length === 0, `missing: ${missing.join(', ')}`)
    },
  },
  {
    of: 'npm',
    says: 'the repository that the package is published from, as provenance compares it',
    holds: (project) => {
      const { name, repository, publishConfig } = ours(project)
      const wished = `git+https://github.com/${name.slice(1).split('/')[0]}/cml-runner-action.git`
      return unless(
        repository?.url === wished && publishConfig?.provenance === true,
        `package.json must have repository.url ${wished} and publishConfig.provenance`,
      )
    },
  },
  {
    of: 'GitLab catalogue',
    says: 'a README, a licence and at most 100 templates with inputs, in a project of its own',
    holds: (project) => {
      const templates = templatesOf(project)
      const bare = templates.filter((path) => !hasInputs(project.read(path)))
      if (!['README.md', 'LICENSE'].every((name) => project.files.includes(`gitlab-component/${name}`)))
        return 'gitlab-component/ lacks README.md or LICENSE'
      if (templates.length === 0 || templates.length > 100) return `there are ${templates.length} templates`
      return unless(bare.length === 0, `no spec:inputs in ${bare.join(', ')}`)
    },
  },
  {
    of: 'GitLab catalogue',
    says: 'a job with the keyword `release`, for tags that are versions without a v',
    holds: ({ read }) => {
      const jobs = Object.values(parse(read('gitlab-component/.gitlab-ci.yml')) as Record<string, unknown>)
      const release = jobs.find((job) => typeof job === 'object' && job !== null && 'release' in job)
      return unless(release !== undefined, 'gitlab-component/.gitlab-ci.yml has none')
    },
  },
  {
    of: 'release',
    says: 'an owner, in place of the placeholder `org`',
    atRelease: true,
    holds: (project) =>
      unless(
        !ours(project).name.startsWith('@org/'),
        'name the package @<owner>/cml-runner in package.json, and run `npm run generate`',
      ),
  },
  {
    of: 'release',
    says: 'a part of the changelog for this version, with its day',
    atRelease: true,
    holds: ({ read, version }) =>
      unless(
        new RegExp(`^## \\[${version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d\\d-\\d\\d$`, 'm').test(
          read('CHANGELOG.md'),
        ),
        `npm run release -- cut ${version}`,
      ),
  },
]

function hasInputs(template: string): boolean {
  const [header] = parseAllDocuments(template)
  const { spec } = (header?.toJS() ?? {}) as { readonly spec?: { readonly inputs?: object } }
  return Object.keys(spec?.inputs ?? {}).length > 0
}

/** What no file shows. */
export const byHand: readonly string[] = [
  'Marketplace: the repository is public, its owner has two-factor sign-in and has accepted the Marketplace agreement; nobody else has the name',
  'Marketplace: "Publish this Action to the GitHub Marketplace" is ticked on the page of each release, since no API has it',
  'GitHub: "immutable releases", private vulnerability reports and the environment "release" with its reviewers are switched on',
  'npm: the package names this repository, release.yml and the environment "release" as its trusted publisher',
  'GitLab catalogue: the project is public, has a description, and "CI/CD Catalog project" is switched on before its first release',
  'GitLab: COMPONENT_REMOTE (a variable) and COMPONENT_TOKEN (a secret; write_repository on that project alone) are set in the environment "release"',
]
