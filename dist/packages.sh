#!/bin/sh
# Installs what the runner needs and the image lacks, from the distribution. The launcher puts a line above this text that says
# what: NEEDS, of docker, git, and libicu (of .NET). One update and one installation, and neither when nothing is missing;
# nothing that is there is upgraded.
set -u
: "${NEEDS:?}"

root=${CML_RUNNER_ROOT:-}

say() {
  printf 'cml-runner %s packages: %s\n' "$(date +%s)" "$1" | timeout 2 tee -a "$root/dev/console" >/dev/null 2>&1
}

# apt's reasons, for the console.
log=$root/run/cml-runner/packages.log
exec 2>>"$log"

# A Docker that came with the image has started without our proxy.
if [ -e "$root/etc/systemd/system/docker.service.d/cml-runner-proxy.conf" ]; then
  systemctl daemon-reload
  systemctl try-restart docker.service
fi

missing=
for item in $NEEDS; do
  case $item in
    libicu) ldconfig -p | grep -q libicuuc ;;
    *) command -v "$item" >/dev/null ;;
  esac || missing="$missing $item"
done
if [ -z "$missing" ]; then
  systemctl start docker.service
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  say "not installed for want of apt-get:$missing"
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt() {
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# Cloud images come without package lists. The lists' own lock is not waited for by apt-get, so try a few times.
tries=1
until apt update; do
  [ "$tries" -lt 4 ] || break
  sleep $((tries * 5))
  tries=$((tries + 1))
done

# newest PATTERN: the last package whose whole name matches; nothing when the distribution has none.
newest() {
  apt-cache pkgnames | grep -Ex "$1" | sort -V | tail -n 1
}

wanted=
for item in $missing; do
  case $item in
    # Where the client is a package of its own, docker.io only recommends it.
    docker) wanted="$wanted docker.io $(newest docker-cli) $(newest docker-buildx)" ;;
    libicu) wanted="$wanted $(newest 'libicu[0-9]+')" ;;
    *) wanted="$wanted $item" ;;
  esac
done

started=$(date +%s)
# shellcheck disable=SC2086 # package names, from the distribution's own list
if apt install --no-install-recommends $wanted; then
  say "installed in $(($(date +%s) - started)) s:$(printf ' %s' $wanted)"
  systemctl start docker.service
else
  say "could not be installed:$(printf ' %s' $wanted): $(tail -n 2 "$log" | tr '\n' ' ' | tr -d '\000-\037')"
  exit 1
fi
