/**
 * Options that people bring along from CML and that do not exist here, with what to know about each. Only for the hint in
 * the error about an unknown option: nothing reads their values.
 */
export const foreignOptions: Readonly<Record<string, string>> = {
  reuse: laterVersion(),
  'reuse-idle': laterVersion(),
  'no-retry': laterVersion(),
  retry: 'CML knew it as `no-retry`, which is not available in this version.',
  'cloud-kubernetes-node-selector': laterVersion(),
  count: 'It is not available in this version.',
  'retry-token': 'It is not available in this version.',
  'tf-resource': needless(),
  'tpi-version': needless(),
  'cml-version': needless(),
  'destroy-delay': needless(),
  'docker-machine': needless(),
  'cloud-ssh-private-visible': needless(),
}

function laterVersion(): string {
  return 'It is known from CML and not available in this version.'
}

function needless(): string {
  return 'It is known from CML and has no use here: leave it out.'
}
