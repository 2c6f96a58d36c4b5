/** Where things are on the machine that the agent never looks at, below its root prefix. */
export const sentPaths = {
  download: '/opt/cml-runner/runner.curl',
  digest: '/opt/cml-runner/runner.sha256',
  /** There when the forge's program is one file without a Node of its own. */
  nodeDownload: '/opt/cml-runner/node.curl',
  nodeDigest: '/opt/cml-runner/node.sha256',
  /** That one file; root's own, so that no job can replace it. */
  program: '/opt/cml-runner/gitlab-runner',
  sudoers: '/etc/sudoers.d/90-cml-runner',
  /** Read by needrestart, which Ubuntu's server images run after every installation of a package. */
  needrestart: '/etc/needrestart/conf.d/cml-runner.conf',
  aptProxy: '/etc/apt/apt.conf.d/95cml-runner-proxy',
  dockerProxy: '/etc/systemd/system/docker.service.d/cml-runner-proxy.conf',
} as const

/** Names of the files that the hooks leave; everything else in that folder is ignored. */
export const hookMessagePattern = /^(started|completed)-\d{1,20}$/
