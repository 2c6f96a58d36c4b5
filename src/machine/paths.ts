/** Where things are on the machine, below the root prefix (empty on a real one). The shell files name the same places. */
export const machinePaths = {
  /** Root's own: nothing here can be written by the user that runs jobs. */
  home: '/opt/cml-runner',
  agent: '/opt/cml-runner/agent.js',
  config: '/opt/cml-runner/agent.json',
  startupScript: '/opt/cml-runner/startup-script',
  certificates: '/opt/cml-runner/certificates.pem',
  jobStartedHook: '/opt/cml-runner/hooks/job-started.sh',
  jobCompletedHook: '/opt/cml-runner/hooks/job-completed.sh',
  /** The forge's program, or what it works in; belongs to `runner`. */
  tree: '/opt/actions-runner',
  /** Memory; gone after a reboot. */
  state: '/run/cml-runner',
  /** Where hooks leave their messages; `runner` may write here, so nothing but a name's pattern is read. */
  hooks: '/run/cml-runner/hooks',
  /** Beginning of what is there once one of them (`libicu`, `docker`, `git`) need not be waited for any longer. */
  settled: '/run/cml-runner/settled-',
  /** There once the installation of packages has ended, well or not. */
  packagesDone: '/run/cml-runner/packages-done',
  /** A request with its secrets, there while it is made. Root's own. */
  request: '/run/cml-runner/request.curl',
  console: '/dev/console',
  userHome: '/home/runner',
} as const

/** The same of what the agent itself never looks at. Apart, since the agent carries every path of the object above. */
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
