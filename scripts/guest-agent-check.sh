#!/bin/bash
# Lets Debian's real google-guest-agent run a payload of ours, in a Debian tree with namespaces of its own and a metadata server at the address that it
# asks, and looks at what became of it: three times in one boot and twice in later ones, with the script in its metadata and without. Needs root,
# debootstrap and Debian's packages (3 min and 500 MB once, kept in build/guest-agent); says so and passes where they are missing.
set -euo pipefail
# shellcheck source=scripts/boot-check.sh
. "$(dirname "$0")/boot-check.sh"
cache=$PWD/build/guest-agent
tree=$cache/tree

# Runs inside of the namespaces.
inside() {
  local work=$1 root=$1/root
  layer "$work" "$root"
  serve "$root" "$work/runner.tar.gz"
  chroot "$root" ip address add 169.254.169.254/32 dev lo
  node --import ./scripts/typescript.mjs scripts/guest-agent-metadata.ts 169.254.169.254 "$work/user-data" >"$work/asked" &
  chroot "$root" curl --silent --retry 20 --retry-delay 1 --retry-connrefused --output /dev/null http://169.254.169.254/
  mkdir -p "$root/sys/class/dmi/id"
  echo 5f1e1916-9099-7caf-fd21-012345abcdef >"$root/sys/class/dmi/id/product_uuid"
  startup_scripts "$root" >"$work/stages" 2>&1
  # What systemd would do with what it was asked for by now.
  check 'the bootstrap was started, once' is "$(grep -cx 'systemctl --no-block start cml-runner-bootstrap.service' "$root/calls")" 1
  chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh /run/cml-runner/bootstrap.sh >>"$work/stages" 2>&1
  look "$work" "$root"
  startup_scripts "$root" >"$work/stages-again" 2>&1
  check 'a second run in the same boot changes nothing' is "$(sed '1,/start cml-runner-agent/d' "$root/calls" | grep -vc ' is-active ')" 0
  find "$root/run" -mindepth 1 -delete
  : >"$root/calls"
  startup_scripts "$root" >"$work/stages-rebooted" 2>&1
  check 'the second boot arms the fuses again' grep -qx 'systemctl start cml-runner-deadline.timer' "$root/calls"
  check 'and ends the machine' grep -qx 'systemctl --no-block start cml-runner-end@reboot.service' "$root/calls"
  check 'the bootstrap did not run again' bash -c "! grep -q 'start cml-runner-bootstrap' '$root/calls'"
  mv "$work/user-data" "$work/taken-away"
  : >"$root/calls"
  startup_scripts "$root" >"$work/stages-concealed" 2>&1
  check 'nothing is run once it was taken away' bash -c "test ! -s '$root/calls' && grep -q 'No startup scripts to run' '$work/stages-concealed'"
  # shellcheck disable=SC2016 # dpkg's own
  echo "guest-agent-check: google-guest-agent $(chroot "$root" dpkg-query --show --showformat '${Version}' google-guest-agent), $failures failed"
  [ "$failures" -eq 0 ]
}

# As its unit does (google-startup-scripts.service).
startup_scripts() {
  chroot "$1" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin google_metadata_script_runner startup
}

look() {
  local work=$1 root=$2 home=$2/home/ubuntu
  check 'it asked the metadata server' grep -q '^GET /computeMetadata/v1/' "$work/asked"
  check 'it reports the end of the script as a good one' grep -q 'startup-script exit status 0' "$work/stages"
  check 'the script armed the fuses' grep -q ' timers: this machine ends on ' "$work/console"
  look_at_machine "$work" "$root"
  check 'whether it may end itself was asked' grep -q ' self-deletion: not allowed: it has no account' "$work/console"
  check 'a later boot can tell its cloud' cmp "$root/run/cml-runner/farewell.sh" "$root/opt/cml-runner/farewell.sh"
  check 'the key belongs to the login user' grep -q '^ssh-rsa .* cml-runner$' "$home/.ssh/authorized_keys"
  check 'and to nobody else' is "$(stat -c '%a' "$home/.ssh") $(stat -c '%a' "$home/.ssh/authorized_keys")" '700 600'
  check 'the login user is root at will' chroot "$root" sudo -u ubuntu sudo -n true
  check 'no copy of what was sent is left' bash -c "! grep -rqs 'put 0600 /opt/cml-runner/agent.json' '$root/tmp' '$root/var' '$root/run'"
  tell_failures "$work" "$root"
}

if [ "${1:-}" = inside ]; then
  shift
  inside "$@"
  exit
fi

need_tools debootstrap unshare chroot openssl
unshare --mount --pid --fork --uts --ipc --net true 2>/dev/null || skip 'namespaces are not allowed here'
need_tree "$cache" google-guest-agent ca-certificates curl iproute2 sudo

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/layer" "$work/root"
make_download "$work"
node --import ./scripts/typescript.mjs scripts/cloud-init-payload.ts "$work" http://127.0.0.1:8080/runner.tar.gz "$(sha256sum <"$work/runner.tar.gz" | cut -d' ' -f1)" startup-script
unshare --mount --pid --fork --uts --ipc --net --mount-proc bash "$0" inside "$work"
