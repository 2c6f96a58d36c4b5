#!/bin/sh
# Installs what the runner needs and the image lacks, from the distribution. The launcher puts a line above this text that says
# what: NEEDS, of docker, git, and libicu (of .NET), in the order in which they are waited for. Each is an installation of its own, so
# that what a registration waits for waits for nothing else; nothing is fetched when nothing is missing, nor upgraded what is there.
# Lines between `#: proxy` and `#:` are for machines with one.
set -u
: "${NEEDS:?}"

root=${CML_RUNNER_ROOT:-}
state=$root/run/cml-runner

say() {
  printf 'cml-runner %s packages: %s\n' "$(date +%s)" "$1" | timeout 2 tee -a "$root/dev/console" >/dev/null 2>&1
}

# The reasons of the package manager, for the console.
log=$state/packages.log
exec 2>>"$log"

there() {
  case $1 in
    libicu) ldconfig -p | grep -q libicuuc ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# settle ITEM: nobody needs to wait for it any longer, be it there or not.
settle() {
  if [ "$1" = docker ]; then
#: proxy
    # One that came with the image may have started without it.
    systemctl daemon-reload
    systemctl try-restart docker.service
#:
    systemctl start docker.service
  fi
  : >"$state/settled-$1"
}

missing=
for item in $NEEDS; do
  if there "$item"; then settle "$item"; else missing="$missing $item"; fi
done
[ -n "$missing" ] || exit 0

for manager in apt-get dnf yum microdnf none; do
  command -v "$manager" >/dev/null && break
done
if [ "$manager" = none ]; then
  say "not installed, for want of apt-get, dnf or yum:$missing"
  exit 1
fi

# In this stage cloud-init says where packages come from.
systemctl start cloud-config.service

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt() {
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# Cloud images come without package lists. The lists' own lock is not waited for by apt-get, so try a few times.
if [ "$manager" = apt-get ]; then
  tries=1
  until apt update; do
    [ "$tries" -lt 4 ] || break
    sleep $((tries * 5))
    tries=$((tries + 1))
  done
fi

# newest PATTERN: the last package whose whole name matches; nothing when the distribution has none.
newest() {
  apt-cache pkgnames | grep -Ex "$1" | sort -V | tail -n 1
}

# names ITEM: what the distribution calls it.
names() {
  case $manager:$1 in
    # Where the client is a package of its own, docker.io only recommends it.
    apt-get:docker) echo docker.io "$(newest docker-cli)" "$(newest docker-buildx)" ;;
    apt-get:libicu) newest 'libicu[0-9]+' ;;
    *) echo "$1" ;;
  esac
}

install() {
  if [ "$manager" = apt-get ]; then apt install --no-install-recommends "$@"; else "$manager" -y install "$@"; fi
}

for item in $missing; do
  started=$(date +%s)
  # shellcheck disable=SC2046 # package names, from the distribution's own list
  set -- $(names "$item")
  if [ $# -gt 0 ] && install "$@"; then
    say "installed in $(($(date +%s) - started)) s: $*"
  else
    say "could not be installed: ${*:-$item}: $(tail -n 2 "$log" | tr '\n' ' ' | tr -d '\000-\037')"
  fi
  settle "$item"
done
