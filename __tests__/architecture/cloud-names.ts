/** What people read names clouds, and what is generated from the option tables does too. */
export const pages: readonly (readonly [file: RegExp, why: string])[] = [
  [/^(README|CHANGELOG|SECURITY|CONTRIBUTING)\.md$|^LICENSE$/, 'it tells people what there is'],
  [/^src\/README\.md$/, 'the map gives reasons, and some of them are a cloud’s'],
  [/^docs\//, 'users copy from it, with the cloud they have'],
  [/^action\.yml$|^gitlab-component\//, 'generated from the option tables, and examples'],
  [
    /^__tests__\/shapes\//,
    'what vendors were seen to answer, in a folder for each, and the tests that read it',
  ],
  [/^package(-lock)?\.json$/, 'dependencies are called what they are called'],
]

type Debt = readonly [lines: number, why: string]

const registry = 'one row for each cloud'
const machine = 'a machine without a cloud around it, which stands in front of one metadata service'
const inProcess = 'tests of the real thing beside the others’, to move into the cloud’s folder'

/** Other files that name a cloud, with how many of their lines do. This table can only shrink. */
export const debts: Readonly<Record<string, Readonly<Record<string, Debt>>>> = {
  aws: {
    '__tests__/model/identity.test.ts': [4, 'what each vendor lets a tag or a label be, side by side'],
    '__tests__/architecture/architecture.test.ts': [2, 'an SDK is imported in one file'],
    '__tests__/chaos/pairs.ts': [2, registry],
    '__tests__/component/local-gitlab.ts': [2, inProcess],
    '__tests__/component/pipeline.test.ts': [10, inProcess],
    '__tests__/component/traced-cli.cjs': [2, inProcess],
    '__tests__/emulators/github/credentials.ts': [1, 'a repository is called so'],
    '__tests__/emulators/machine/packages.ts': [1, 'a distribution is called so'],
    '__tests__/forges/gitlab.test.ts': [1, 'where GitLab publishes its runner'],
    '__tests__/fuzz/hostile.ts': [1, 'a word that one cloud keeps to itself'],
    '__tests__/generate/costs.test.ts': [2, registry],
    '__tests__/hosts/hosts.test.ts': [1, 'an option of one cloud, in another spelling'],
    '__tests__/machine/gitlab-life.test.ts': [3, machine],
    '__tests__/machine/machine-scene.ts': [2, machine],
    '__tests__/machine/payload.test.ts': [
      4,
      'link-local address of one metadata service, in IPv6; where GitLab publishes its runner',
    ],
    '__tests__/machine/whole-life.test.ts': [1, machine],
    '__tests__/options/cml-pages.test.ts': [2, 'what CML’s pages say, word for word'],
    '__tests__/options/cml-pages.ts': [25, 'what CML’s pages say, word for word'],
    '__tests__/options/owners.test.ts': [5, inProcess],
    '__tests__/options/parse.test.ts': [20, inProcess],
    '__tests__/sides/sides.ts': [2, registry],
    'eslint.config.mjs': [2, 'an SDK is imported in one file'],
    'scripts/build/light-packages.ts': [5, 'how an SDK is made smaller'],
    'scripts/build/prune-schemas.ts': [1, 'how an SDK is made smaller'],
    'scripts/cloud-init-payload.ts': [1, 'link-local address of one metadata service, in IPv6'],
    'src/clouds/registry.ts': [5, registry],
    'src/forges/gitlab/packages.ts': [1, 'where GitLab publishes its runner'],
    'src/generate/migration.ts': [9, 'a page for people who come from CML, generated'],
    'src/machine/proxy.ts': [1, 'link-local address of one metadata service, in IPv6'],
  },
  gcp: {
    '__tests__/architecture/architecture.test.ts': [3, 'an SDK is imported in two files'],
    '__tests__/chaos/pairs.ts': [2, registry],
    '__tests__/emulators/machine/carriers.ts': [1, registry],
    '__tests__/generate/costs.test.ts': [2, registry],
    '__tests__/machine/startup-script.test.ts': [2, 'a sample, where any name would do'],
    '__tests__/model/identity.test.ts': [4, 'a sample, where any name would do'],
    '__tests__/options/cml-pages.ts': [8, 'what CML’s pages say, word for word'],
    '__tests__/options/parse.test.ts': [5, 'a sample, where any name would do'],
    '__tests__/scenarios/corpses.test.ts': [1, 'a sample, where any name would do'],
    '__tests__/sides/sides.ts': [2, registry],
    'eslint.config.mjs': [3, 'an SDK is imported in a few files'],
    'jest.config.mjs': [1, 'how an SDK is made smaller'],
    'scripts/build/compute-protos.ts': [4, 'how an SDK is made smaller'],
    'scripts/build/light-compute.ts': [9, 'how an SDK is made smaller'],
    'scripts/guest-agent-check.sh': [5, 'the real program of its machines'],
    'scripts/guest-agent-metadata.ts': [2, 'the real program of its machines'],
    'scripts/build/trim-protos.ts': [5, 'how an SDK is made smaller'],
    'src/clouds/registry.ts': [5, registry],
    'src/generate/migration.ts': [3, 'a page for people who come from CML, generated'],
    'src/options/foreign.ts': [1, 'what CML’s pages say, word for word'],
    'src/options/runner-options.ts': [1, 'a sample, where any name would do'],
    'tsconfig.json': [1, 'how an SDK is made smaller'],
    'types/google-cloud-compute.d.ts': [1, 'how an SDK is made smaller'],
  },
}
