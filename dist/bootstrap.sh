#!/bin/sh
# Fetches the runner by its digest and starts the agent. It decides nothing: all values stand in files that cloud-init wrote.
# Of lines between `#:` and `#:` (fuses.sh) a machine gets those for its runner too: one `program`, or an `archive` that brings a Node along.
set -eu
umask 022

root=${CML_RUNNER_ROOT:-}
home=$root/opt/cml-runner
tree=$root/opt/actions-runner
state=$root/run/cml-runner

say() {
  printf 'cml-runner %s %s\n' "$(date +%s)" "$1" | timeout 2 tee -a "$root/dev/console" >/dev/null 2>&1 || :
}

# A machine that cannot be set up ends at once (the unit of this script sees to that), and its console says why.
finish() {
  [ $? -eq 0 ] && return
  said=$(tail -n 3 "$state/bootstrap.log" | tr '\n' ' ' | tr -d '\000-\037')
  say "failed: $step: ${said:-no reason given}"
}
step='the start of the bootstrap'
trap finish EXIT
exec 2>>"$state/bootstrap.log"

# Tells a later boot of this launch from the first one; an image made from an old machine carries another deadline.
cp "$state/deadline" "$home/started"

# On a full disk cloud-init fails before it runs the boothook, and a reboot would leave a machine without any fuse. So, while there
# is room, a unit that ends a later boot by itself. Only on this very machine: one that is made from an image of it has another
# UUID (where the firmware tells none, there is no such unit). And not in this boot, in which every start of a service would
# start it too, as a missing part of sysinit.target: hence the file in memory. Where the cloud is told of the end, that takes a network.
uuid=$(tr -cd '0-9A-Za-z-' 2>/dev/null <"$root/sys/class/dmi/id/product_uuid" || :)
if [ -n "$uuid" ]; then
  : >"$state/first-boot"
#: stops useless
  cp "$state/end.sh" "$state/farewell.sh" "$home"
#:
  units=$root/etc/systemd/system
  mkdir -p "$units/sysinit.target.wants"
  cat >"$units/cml-runner-reboot.service" <<END
[Unit]
Description=End this machine (reboot)
DefaultDependencies=no
ConditionPathExists=!$state/first-boot
#: stops useless
Wants=network-online.target
After=network-online.target
#: ends stops
FailureAction=poweroff-force
#:

[Service]
Type=oneshot
ExecCondition=/bin/sh -c 'grep -qxF $uuid $root/sys/class/dmi/id/product_uuid'
#: useless
Restart=on-failure
RestartSec=30
#: stops useless
ExecStart=/bin/sh $home/end.sh reboot
#: ends
ExecStart=-/bin/sh -c 'echo "cml-runner \$\$(date +%%s) ending: it was rebooted, which no runner outlives" | timeout 2 tee -a $root/dev/console'
ExecStart=/bin/sh -c 'systemctl --force poweroff'
#:
END
  ln -sf ../cml-runner-reboot.service "$units/sysinit.target.wants/"
fi

# They hold the package lock on fresh machines, and replace the GPU driver under a running job.
periodic='apt-daily.timer apt-daily.service apt-daily-upgrade.timer apt-daily-upgrade.service unattended-upgrades.service'
# shellcheck disable=SC2086 # a list of words
systemctl mask --quiet $periodic || :
# shellcheck disable=SC2086
systemctl --no-block stop $periodic || :

#: stops useless
# Whether the cloud would hear it, only the machine can ask. The launcher tells people, so it is said before the runner listens.
ask() {
  code=0
  said=$(timeout 15 /bin/sh "$state/farewell.sh" ask 2>&1) || code=$?
  case $code in
    0) word=allowed ;;
    77) word='not allowed' ;;
    *) word=unknown ;;
  esac
  said=$(echo "$said" | tail -n 1 | tr -d '\000-\037')
  say "self-deletion: $word${said:+: $said}"
}
ask &
asked=$!

#:
step='the user of the runner'
# Before Docker is there and before the runner starts: a process keeps the groups it was started with.
getent group docker >/dev/null || groupadd --system docker
getent group runner >/dev/null || groupadd runner
id -u runner >/dev/null 2>&1 || useradd --gid runner --create-home --home-dir "$root/home/runner" --shell /bin/bash runner
mkdir -p "$root/home/runner"
chown runner: "$root/home/runner"
# Ubuntu's and Debian's clears the console of whoever logs out, and fails where there is none: GitLab's runner executes jobs in login
# shells, and each would fail (docs.gitlab.com/runner/shells, "Shell profile loading").
rm -f "$root/home/runner/.bash_logout"
usermod --append --groups docker runner

systemctl --no-block start cml-runner-packages.service

# fetch NAME: what NAME.curl names, by the digest in NAME.sha256.
fetch() {
  step="the download of the $1"
  tries=1
  until curl --config "$1.curl"; do
    [ "$tries" -lt 5 ]
    sleep "$tries"
    tries=$((tries + 1))
  done
  # It may hold a token for a GitHub Enterprise Server.
  rm "$1.curl"
  step="the digest of the $1"
  sha256sum --check --quiet "$1.sha256" >&2
}

cd "$home"
say fetching
fetch runner
rm -rf "$tree" node
mkdir -p "$tree"

# The agent runs on a Node that the runner's user cannot write: root executes nothing else.
#: program
# The runner is one program, which brings none. The image's own stays where it is: it may need what lies beside it.
step='the Node of this machine'
chmod 755 gitlab-runner
own=$(command -v node) || own=
# Root executes nothing that somebody else may write, as on an image that was made from a machine of ours.
if [ -O "$(readlink -f "$own")" ] && "$own" -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then
  ln -s "$("$own" -p process.execPath)" node
else
  fetch node
  tar --extract --gzip --no-same-owner --strip-components 2 --wildcards --file node.tar.gz '*/bin/node'
fi
#: archive
step='the unpacking of the runner'
tar --extract --gzip --no-same-owner --file runner.tar.gz --directory "$tree"
step='the Node of the runner'
for version in 24 26 28 22 20; do
  [ -x "$tree/externals/node$version/bin/node" ] || continue
  cp "$tree/externals/node$version/bin/node" node
  break
done
#:
[ -e node ] || { echo 'there is none' >&2 && false; }
# Where programs in /opt may not be executed (noexec, fapolicyd), here is whoever says so.
./node --version >/dev/null
bytes=$(cat runner.tar.gz gitlab-runner node.tar.gz 2>/dev/null | wc -c)
rm -f runner.tar.gz node.tar.gz node.curl
chown -hR runner: "$tree"

#: stops useless
wait "$asked"
#:
step='the start of the agent'
say "fetched: $bytes bytes"
systemctl --no-block start cml-runner-agent.service
