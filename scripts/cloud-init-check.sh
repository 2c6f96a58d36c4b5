#!/bin/bash
# Gives a payload of ours to the real cloud-init, in a Debian tree with namespaces of its own, and looks at what became of it: once as
# images come, and once with /var, /tmp and /home mounted noexec, as hardened ones are. Needs root, debootstrap and Debian's packages (30 s and 500 MB once, kept in build/cloud-init); says so and passes where they are
# missing. Only what would need a running systemd is stood in for: systemctl and sysctl write down what they are asked.
set -euo pipefail
# shellcheck source=scripts/boot-check.sh
. "$(dirname "$0")/boot-check.sh"
cache=$PWD/build/cloud-init
tree=$cache/tree

# Runs inside of the namespaces: one boot, then the early stage of a second one. With noexec as second word,
# what hardened images forbid is forbidden.
inside() {
  local work=$1 root=$1/root hardened=${2:-} path
  layer "$work" "$root"
  mkdir -p "$root/var/lib/cloud/seed/nocloud"
  serve "$root" "$work/runner.tar.gz"
  cp "$work/user-data" "$root/var/lib/cloud/seed/nocloud/"
  echo 'instance-id: i-check' >"$root/var/lib/cloud/seed/nocloud/meta-data"
  if [ -n "$hardened" ]; then
    for path in var tmp home; do
      mount --bind "$root/$path" "$root/$path"
      mount -o remount,bind,noexec "$root/$path"
    done
    check 'nothing in /var can be executed' bash -c "cp '$root/bin/true' '$root/var/true'; ! '$root/var/true'"
  fi
  stages "$root" 'init --local' init 'modules --mode=config' 'modules --mode=final' >"$work/stages" 2>&1
  # What systemd would do with what it was asked for by now.
  check 'the bootstrap was started, once' is "$(grep -cx 'systemctl --no-block start cml-runner-bootstrap.service' "$root/calls")" 1
  chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh /run/cml-runner/bootstrap.sh >>"$work/stages" 2>&1
  look "$work" "$root"
  find "$root/run" -mindepth 1 -delete
  : >"$root/calls"
  stages "$root" 'init --local' init >"$work/stages-again" 2>&1
  look_again "$root"
}

stages() {
  local root=$1 stage
  shift
  for stage; do
    # shellcheck disable=SC2086 # a command and its option
    chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root cloud-init $stage
  done
}

look() {
  local work=$1 root=$2
  check 'cloud-init reports no error in the user data' chroot "$root" cloud-init schema --system
  check 'the boothook ran' grep -q ' timers: this machine ends on ' "$work/console"
  look_at_machine "$work" "$root"
  check 'the key belongs to the login user' grep -q '^ssh-rsa .* cml-runner$' "$root/home/debian/.ssh/authorized_keys"
  tell_failures "$work" "$root"
}

look_again() {
  local root=$1
  check 'the second boot arms the fuses again' grep -qx 'systemctl start cml-runner-deadline.timer' "$root/calls"
  check 'and ends the machine' grep -qx 'systemctl --no-block start cml-runner-end@reboot.service' "$root/calls"
  check 'the bootstrap did not run again' bash -c "! grep -q 'start cml-runner-agent' '$root/calls'"
  echo "cloud-init-check: $(chroot "$root" cloud-init --version 2>&1), $failures failed"
  [ "$failures" -eq 0 ]
}

if [ "${1:-}" = inside ]; then
  shift
  inside "$@"
  exit
fi

need_tools debootstrap unshare chroot openssl
unshare --mount --pid --fork --uts --ipc --net true 2>/dev/null || skip 'namespaces are not allowed here'
need_tree "$cache" cloud-init ca-certificates curl iproute2 sudo

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
make_download "$top"
node --import ./scripts/typescript.mjs scripts/cloud-init-payload.ts "$top" http://127.0.0.1:8080/runner.tar.gz "$(sha256sum <"$top/runner.tar.gz" | cut -d' ' -f1)" cloud-init
status=0
for hardened in '' noexec; do
  work=$top/boot$hardened
  mkdir -p "$work/layer" "$work/root"
  cp "$top/user-data" "$top/runner.tar.gz" "$top"/expected-* "$work"
  echo "${hardened:-ordinary} image"
  unshare --mount --pid --fork --uts --ipc --net --mount-proc bash "$0" inside "$work" $hardened || status=1
done
exit "$status"
