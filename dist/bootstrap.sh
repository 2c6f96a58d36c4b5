#!/bin/sh
# Fetches the runner by its digest and starts the agent. It decides nothing: all values stand in files that cloud-init wrote.
set -eu
umask 022

root=${CML_RUNNER_ROOT:-}
home=$root/opt/cml-runner
tree=$root/opt/actions-runner
state=$root/run/cml-runner

say() {
  { printf 'cml-runner %s %s\n' "$(date +%s)" "$1" >>"$root/dev/console"; } 2>/dev/null || :
}

# A machine that cannot be set up ends at once, and its console says why.
finish() {
  [ $? -eq 0 ] && return
  said=$(tail -n 3 "$state/bootstrap.log" | tr '\n' ' ' | tr -d '\000-\037')
  say "failed: $step: ${said:-no reason given}"
  systemctl --no-block start cml-runner-end@bootstrap.service || sh "$state/end.sh" bootstrap
}
step='the start of the bootstrap'
trap finish EXIT
exec 2>>"$state/bootstrap.log"

# Tells a later boot of this launch from the first one; an image made from an old machine carries another deadline.
cp "$state/deadline" "$home/started"

# They hold the package lock on fresh machines, and replace the GPU driver under a running job.
periodic='apt-daily.timer apt-daily.service apt-daily-upgrade.timer apt-daily-upgrade.service unattended-upgrades.service'
# shellcheck disable=SC2086 # a list of words
systemctl mask --quiet $periodic || :
# shellcheck disable=SC2086
systemctl --no-block stop $periodic || :

step='the user of the runner'
# Before Docker is there and before the runner starts: a process keeps the groups it was started with.
getent group docker >/dev/null || groupadd --system docker
getent group runner >/dev/null || groupadd runner
id -u runner >/dev/null 2>&1 || useradd --gid runner --create-home --home-dir "$root/home/runner" --shell /bin/bash runner
mkdir -p "$root/home/runner"
chown runner: "$root/home/runner"
usermod --append --groups docker runner

systemctl --no-block start cml-runner-packages.service

step='the download of the runner'
say fetching
tries=1
until curl --config "$home/download.curl" --output "$home/runner.tar.gz"; do
  [ "$tries" -lt 5 ]
  sleep "$tries"
  tries=$((tries + 1))
done

step='the digest of the runner'
(cd "$home" && sha256sum --check --quiet runner.sha256 >&2)

step='the unpacking of the runner'
rm -rf "$tree"
mkdir -p "$tree"
tar --extract --gzip --no-same-owner --file "$home/runner.tar.gz" --directory "$tree"
bytes=$(wc -c <"$home/runner.tar.gz")
rm "$home/runner.tar.gz"

# The agent runs on a copy: root executes nothing that the runner's user can write.
step='the Node of the runner'
rm -f "$home/node"
for version in 24 26 28 22 20; do
  [ -x "$tree/externals/node$version/bin/node" ] || continue
  cp "$tree/externals/node$version/bin/node" "$home/node"
  break
done
[ -x "$home/node" ] || { echo 'the archive has none' >&2 && false; }
chown -hR runner: "$tree"

step='the start of the agent'
say "fetched: $bytes bytes"
systemctl --no-block start cml-runner-agent.service
