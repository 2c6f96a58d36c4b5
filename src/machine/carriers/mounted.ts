import { podPaths, podScripts, writeMounted } from '../../model/pod.ts'
import type { Delivery, SentFile } from '../delivery.ts'

/** A pod's files as JSON: its cloud makes a Secret of them. Of what a machine gets, a pod needs a part: it has no root, no units, no packages. */
export function carryMounted({ files, image }: Delivery): Buffer {
  if (!image) throw new Error("a pod needs the image of the forge's program")
  const sent: SentFile[] = [
    { path: podScripts.bring, permissions: '', content: Buffer.from(bring(image.path)) },
    { path: podScripts.start, permissions: '', content: Buffer.from(start) },
    ...files.filter(({ path }) => isForPods(path)).map((file) => ({ ...file, path: relative(file.path) })),
  ]
  return writeMounted({
    image: image.name,
    files: Object.fromEntries(sent.map(({ path, content }) => [path, content.toString('base64')])),
  })
}

/** What fetches a program that the image brings. */
const leftOut: readonly string[] = ['runner.curl', 'runner.sha256']

function isForPods(path: string): boolean {
  return path.startsWith(`${podPaths.home}/`) && !leftOut.includes(relative(path))
}

function relative(path: string): string {
  return path.slice(podPaths.home.length + 1)
}

const opening = `#!/bin/sh
set -eu
umask 000
root=\${CML_RUNNER_ROOT:-}
home=$root${podPaths.home}
tree=$root${podPaths.tree}
state=$root${podPaths.state}
say() { printf 'cml-runner %s %s\\n' "$(date +%s)" "$1"; }
`

/**
 * Whoever the pod's image runs as must be able to read and write what is brought: nobody else is in the pod. The configuration goes to memory
 * alone, where the agent deletes it.
 */
const bring = (path: string): string => `${opening}sent=$root${podPaths.sent}
step='the files that were sent'
finish() {
  [ $? -eq 0 ] && return
  say "failed: $step: $(tail -n 3 "$state/bring.log" | tr '\\n' ' ')"
}
trap finish EXIT
exec 2>"$state/bring.log"
say "timers: the deadline of the pod's Job"
say fetching
cp -RL "$sent"/* "$home"
mv "$home/agent.json" "$state"
chmod -R a+rwX "$home" "$state"
mkdir -p "$tree"
cd "$home"
from=$root${path}
if [ -e node.curl ]; then
  step="the runner's program"
  cp "$from" gitlab-runner
  step='the Node of the agent'
  curl --config node.curl
  sha256sum -c node.sha256 >&2
  tar -xzf node.tar.gz
  cp node-v*/bin/node node
  rm -rf node.curl node.tar.gz node-v*
else
  step="the runner's program"
  cp -R "$from/." "$tree"
  for version in 24 26 28 22 20; do
    [ -x "$tree/externals/node$version/bin/node" ] || continue
    cp "$tree/externals/node$version/bin/node" node
    break
  done
fi
step="the agent's Node"
./node --version >/dev/null
chmod -R a+rwX "$home"
say 'fetched: from the image of the runner'
`

/** A node may turn up when nobody waits any more. */
const start = `${opening}[ "$(date +%s)" -lt "\${CML_RUNNER_DUE_AT:-0}" ] || {
  say 'ending: the launch has given up before this pod began'
  exit 0
}
unset CML_RUNNER_DUE_AT
umask 022
mkdir -p "$state/hooks"
: >"$state/packages-done"
if [ -e "$home/certificates.pem" ]; then export NODE_EXTRA_CA_CERTS="$home/certificates.pem"; fi
exec "$home/node" "$home/agent.js"
`
