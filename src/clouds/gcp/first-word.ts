/** Key of the machine's metadata that cloud-init goes by, where an image has it. */
export const cloudInitKey = 'user-data'

const say = `printf 'cml-runner %s booting\\n' "$(date +%s)" | timeout 2 tee -a "\${CML_RUNNER_ROOT:-}/dev/console" >/dev/null 2>&1 || :`

/**
 * A word on the serial port, said on every boot by images with cloud-init. A startup script is run last of all, and until it speaks nobody knows whether words of
 * ours can be heard there: the launch would ask the forge as often as without a console. Nothing depends on it, and nothing in it is secret.
 */
export const firstWord = `#cloud-config\n${JSON.stringify({ bootcmd: [['sh', '-c', say]] })}\n`
