#!/bin/bash
# Boots payloads of ours on a real systemd and a real cloud-init, as root, in containers without a network of their own, against
# the emulated GitHub, and tries every fuse: scripts/real-boot. Six minutes, most of it waiting for the boot timer; a word
# from a story's title chooses some. The first time another minute and 600 MB for the Debian tree, kept in build/real-boot. Needs
# root, debootstrap and systemd-nspawn; says so and passes where they are missing.
set -euo pipefail
# shellcheck source=scripts/debian.sh
. "$(dirname "$0")/debian.sh"
cache=$PWD/build/real-boot

finish_tree() {
  # Docker counts as installed: its packages are not what is tried here.
  printf '#!/bin/sh\nexit 0\n' >"$1/usr/local/bin/docker"
  chmod 755 "$1/usr/local/bin/docker"
  printf 'datasource_list: [NoCloud, None]\nnetwork: {config: disabled}\n' >"$1/etc/cloud/cloud.cfg.d/99-check.cfg"
  mkdir -p "$1/var/log/journal"
}

need_tools debootstrap systemd-nspawn unshare
unshare --mount true 2>/dev/null || skip 'namespaces are not allowed here'
need_tree "$cache" ca-certificates cloud-init curl dbus libicu76 procps sudo systemd systemd-sysv
exec unshare --mount node --disable-warning=ExperimentalWarning --import ./scripts/typescript.mjs scripts/real-boot/main.ts "$cache/tree" "$@"
