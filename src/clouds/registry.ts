import { pick } from '../options/catalogue.ts'
import type { Meanings } from '../options/catalogue.ts'
import type { Table } from '../options/option.ts'
import { awsMeanings, awsOptions } from './aws/options.ts'
import { azureMeanings, azureOptions } from './azure/options.ts'
import type { Cloud, CloudContext, GitlabLogin } from './cloud.ts'
import { gcpMeanings, gcpOptions } from './gcp/options.ts'
import { kubernetesMeanings, kubernetesOptions } from './kubernetes/options.ts'

/** What the launcher knows of a cloud before it is used. */
export interface CloudLine {
  /** As users write it. */
  readonly name: string
  /** As people know it. */
  readonly title: string
  readonly options: Table
  /** Where the agent stands, if that is no machine of its own with root, systemd and Docker. */
  readonly footing?: 'pod'
  /** Its machines keep copies of what they were sent, so that the runner is not started before its half on the machine has removed them (`conceal`). */
  readonly holds?: true
  /** What options of every cloud mean here: sentences without the cloud's name, by option. */
  readonly meanings?: Meanings
  /** Absent where jobs of GitLab cannot log in by their ID token. */
  readonly gitlabLogin?: () => Promise<GitlabLogin>
  /** Loads the cloud's own code, SDK included, at its first use. Takes all values; each cloud picks its own. */
  readonly load: (values: Readonly<Record<string, unknown>>, context: CloudContext) => Promise<Cloud>
}

/** One line per cloud. */
export const clouds = [
  {
    name: 'aws',
    title: 'AWS',
    options: awsOptions,
    meanings: awsMeanings,
    gitlabLogin: async () => (await import('./aws/gitlab-login.ts')).awsGitlabLogin,
    load: async (values, context) =>
      (await import('./aws/index.ts')).createAws(pick(awsOptions, values), context),
  },
  {
    name: 'gcp',
    title: 'Google Cloud',
    options: gcpOptions,
    meanings: gcpMeanings,
    gitlabLogin: async () => (await import('./gcp/gitlab-login.ts')).gcpGitlabLogin,
    load: async (values, context) =>
      (await import('./gcp/index.ts')).createGcp(pick(gcpOptions, values), context),
  },
  {
    name: 'azure',
    title: 'Azure',
    options: azureOptions,
    holds: true,
    meanings: azureMeanings,
    gitlabLogin: async () => (await import('./azure/gitlab-login.ts')).azureGitlabLogin,
    load: async (values, context) =>
      (await import('./azure/index.ts')).createAzure(pick(azureOptions, values), context),
  },
  {
    name: 'kubernetes',
    title: 'Kubernetes',
    options: kubernetesOptions,
    footing: 'pod',
    meanings: kubernetesMeanings,
    gitlabLogin: async () => (await import('./kubernetes/gitlab-login.ts')).kubernetesGitlabLogin,
    load: async (values, context) =>
      (await import('./kubernetes/index.ts')).createKubernetes(pick(kubernetesOptions, values), context),
  },
] as const satisfies readonly CloudLine[]
