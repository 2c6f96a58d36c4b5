// Where things are on the machine, below the root prefix (empty on a real one). The shell files name the same places. Each a constant of its own, not
// one object: so the agent's bundle has room only for those that it looks at.

/** Root's own: nothing here can be written by the user that runs jobs. */
export const home = '/opt/cml-runner'
export const agent = '/opt/cml-runner/agent.js'
export const config = '/opt/cml-runner/agent.json'
export const startupScript = '/opt/cml-runner/startup-script'
export const certificates = '/opt/cml-runner/certificates.pem'
export const jobStartedHook = '/opt/cml-runner/hooks/job-started.sh'
export const jobCompletedHook = '/opt/cml-runner/hooks/job-completed.sh'
/** The forge's program, or what it works in; belongs to `runner`. */
export const tree = '/opt/actions-runner'
/** Memory; gone after a reboot. */
export const state = '/run/cml-runner'
/** Where hooks leave their messages; `runner` may write here, so nothing but a name's pattern is read. */
export const hooks = '/run/cml-runner/hooks'
/** Beginning of what is there once one of them (`libicu`, `docker`, `git`) need not be waited for any longer. */
export const settled = '/run/cml-runner/settled-'
/** There once the installation of packages has ended, well or not. */
export const packagesDone = '/run/cml-runner/packages-done'
/** A request with its secrets, there while it is made. Root's own. */
export const request = '/run/cml-runner/request.curl'
export const console = '/dev/console'
export const userHome = '/home/runner'

export const download = '/opt/cml-runner/runner.curl'
export const digest = '/opt/cml-runner/runner.sha256'
/** There when the forge's program is one file without a Node of its own. */
export const nodeDownload = '/opt/cml-runner/node.curl'
export const nodeDigest = '/opt/cml-runner/node.sha256'
/** That one file; root's own, so that no job can replace it. */
export const program = '/opt/cml-runner/gitlab-runner'
export const sudoers = '/etc/sudoers.d/90-cml-runner'
/** Read by needrestart, which Ubuntu's server images run after every installation of a package. */
export const needrestart = '/etc/needrestart/conf.d/cml-runner.conf'
export const aptProxy = '/etc/apt/apt.conf.d/95cml-runner-proxy'
export const dockerProxy = '/etc/systemd/system/docker.service.d/cml-runner-proxy.conf'

/** Names of the files that the hooks leave; everything else in that folder is ignored. */
export const hookMessagePattern = /^(started|completed)-\d{1,20}$/
