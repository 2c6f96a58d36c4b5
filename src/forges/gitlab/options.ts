import { option } from '../../options/option.ts'

export const gitlabOptions = {
  executor: option({
    kind: 'choice',
    choices: ['docker', 'shell'],
    default: 'docker',
    needsDocker: 'docker',
    description:
      'How jobs run on the machine: `docker`, each in a container of its own with the GPUs of the machine, or `shell`, directly as user `runner`.',
  }),
  'docker-image': option({
    kind: 'text',
    onlyWith: { executor: 'docker' },
    needsDocker: true,
    default: 'ubuntu:24.04',
    description:
      'Image for jobs without `image:`. CML took `iterativeai/cml`; give it here when such jobs rely on its programs.',
    check: (image) =>
      /^[\w][\w.:/@-]*$/.test(image) ? undefined : 'the name of a container image, such as `ubuntu:24.04`',
  }),
  'docker-volumes': option({
    kind: 'list',
    greedy: true,
    onlyWith: { executor: 'docker' },
    needsDocker: true,
    description:
      'Volumes of every job’s container: `/cache`, or `/folder/on/the/machine:/folder/in/the/container`, with `:ro` at its end for reading only.',
    check: (volumes) =>
      volumes.every((volume) => volumePattern.test(volume))
        ? undefined
        : 'paths in the container, or `source:/path/in/the/container`, each optionally with `:ro`',
  }),
  'output-prefix': option({
    kind: 'text',
    default: 'CML_',
    description:
      'What the names of the variables begin with that later jobs of a pipeline get (`CML_INSTANCE_ID`), to keep several launches apart; `none` for nothing.',
    check: (prefix) =>
      /^[A-Za-z_]\w*$/.test(prefix) && !/^CML_RUNNER/i.test(prefix)
        ? undefined
        : 'letters, digits and underscores, beginning with no digit and not with `CML_RUNNER`, whose names are options',
  }),
} as const

/** https://docs.docker.com/engine/storage/volumes/#syntax */
const volumePattern =
  /^([^\s:][^:\p{Cc}]*:)?\/[^:\p{Cc}]*(:(ro|rw|z|Z|nocopy|r?shared|r?slave|r?private|cached|delegated|consistent))?$/u
