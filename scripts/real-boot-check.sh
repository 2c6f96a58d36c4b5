#!/bin/bash
# Boots a payload of ours on a real systemd and a real cloud-init, as root, in a container without a network of its own, against
# the emulated GitHub, and tries every fuse: scripts/real-boot.ts. About a minute; the first time another one and 600 MB for the
# Debian tree, kept in build/real-boot. Needs root, debootstrap and systemd-nspawn; says so and passes where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
# The Node of the checkout: TypeScript needs a newer one than a machine may have.
PATH=$PWD/node_modules/.bin:$PATH
cache=$PWD/build/real-boot
tree=$cache/tree

skip() {
  echo "real-boot-check: skipped, $1"
  exit 0
}

make_tree() {
  local temporary=$cache/making
  rm -rf "$temporary" && mkdir -p "$temporary"
  debootstrap --variant=minbase trixie "$temporary" >"$cache/log" 2>&1 || return 1
  chroot "$temporary" apt-get update >>"$cache/log" 2>&1 || return 1
  DEBIAN_FRONTEND=noninteractive chroot "$temporary" apt-get install -y --no-install-recommends \
    ca-certificates cloud-init curl dbus libicu76 procps sudo systemd systemd-sysv >>"$cache/log" 2>&1 || return 1
  # Docker counts as installed: its packages are not what is tried here.
  printf '#!/bin/sh\nexit 0\n' >"$temporary/usr/local/bin/docker"
  chmod 755 "$temporary/usr/local/bin/docker"
  printf 'datasource_list: [NoCloud, None]\nnetwork: {config: disabled}\n' >"$temporary/etc/cloud/cloud.cfg.d/99-check.cfg"
  mkdir -p "$temporary/var/log/journal"
  rm -rf "$tree" && mv "$temporary" "$tree" && touch "$tree/ready"
}

[ "$(id -u)" = 0 ] || skip 'it needs root'
for tool in debootstrap systemd-nspawn unshare; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
unshare --mount true 2>/dev/null || skip 'namespaces are not allowed here'
mkdir -p "$cache"
[ -e "$tree/ready" ] || make_tree || skip "no Debian tree could be made ($cache/log)"
exec unshare --mount node --import ./scripts/typescript.mjs scripts/real-boot.ts "$tree" "$@"
