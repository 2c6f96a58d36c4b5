# shellcheck shell=bash
# What the checks with a real program of an image's have in common; sourced. They give it a payload in a Debian tree ($tree) with namespaces of its own, and
# look at what became of it. Only what would need a running systemd is stood in for: systemctl and sysctl write down what they are asked.
# shellcheck source=scripts/debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

# A runner's archive in its official layout, as far as the bootstrap looks at it.
make_download() {
  mkdir -p "$1/archive/externals/node20/bin" "$1/archive/externals/node24/bin" "$1/archive/bin"
  echo '#!/bin/sh' | tee "$1/archive/run.sh" "$1/archive/externals/node20/bin/node" >/dev/null
  printf '#!/bin/sh\necho 24\n' >"$1/archive/externals/node24/bin/node"
  chmod -R 755 "$1/archive"
  ln -s /etc/shadow "$1/archive/bin/link"
  tar -czf "$1/runner.tar.gz" -C "$1/archive" .
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1/ca.key" -out "$1/ca.pem" -days 2 -subj '/CN=cml-runner check' 2>/dev/null
}

# layer WORK ROOT: an overlay of the tree, in which nothing is kept.
layer() {
  local work=$1 root=$2 name
  mount -t tmpfs tmpfs "$work/layer"
  mkdir "$work/layer/upper" "$work/layer/work"
  # shellcheck disable=SC2154 # whoever sources this names it
  mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/layer/upper,workdir=$work/layer/work" "$root"
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/run"
  # A pipe, as a console is: cloud-init opens it for writing from the start, which would empty a file.
  mkfifo "$work/pipe"
  exec 9<>"$work/pipe"
  cat "$work/pipe" >>"$work/console" &
  mount --bind "$work/pipe" "$root/dev/console"
  for name in systemctl sysctl; do
    # shellcheck disable=SC2016 # for the script that is written
    printf '#!/bin/sh\necho "${0##*/} $*" >>/calls\n[ "$2" != is-active ] || grep -qx "systemctl start cml-runner-deadline.timer" /calls\n' >"$root/usr/local/bin/$name"
    chmod 755 "$root/usr/local/bin/$name"
  done
}

# serve ROOT FILE: the file, whatever is asked for, at the address that the payload names.
serve() {
  chroot "$1" ip link set lo up
  node -e '
    const { createReadStream } = require("node:fs")
    require("node:http")
      .createServer((_, response) => createReadStream(process.argv[1]).pipe(response))
      .listen(8080, "127.0.0.1")
  ' "$2" &
  chroot "$1" curl --silent --fail --retry 20 --retry-delay 1 --retry-connrefused --output /dev/null http://127.0.0.1:8080/
}

failures=0
check() {
  local what=$1
  shift
  if "$@" >/dev/null 2>&1; then echo "ok   $what"; else
    echo "FAIL $what"
    failures=$((failures + 1))
  fi
}

# shellcheck disable=SC2317 # `check` calls it
is() {
  [ "$1" = "$2" ] || { echo "expected $2, found $1" >&2 && return 1; }
}

# What became of the payload of scripts/cloud-init-payload.ts, whichever way it went.
look_at_machine() {
  local work=$1 root=$2 home=$2/opt/cml-runner
  local calls=$root/calls console=$work/console
  local owner='%U:%G %a'
  check 'the deadline has its timer' grep -q '^OnCalendar=20' "$root/run/systemd/system/cml-runner-deadline.timer"
  check 'the boot timer knows the launch timeout' grep -qx 'OnActiveSec=900' "$root/run/systemd/system/cml-runner-boot.timer"
  check 'both timers were started, once' is "$(grep -cx 'systemctl start cml-runner-boot.timer' "$calls")" 1
  check 'a panic reboots' grep -qx 'sysctl -q -w kernel.panic=10' "$calls"
  check 'the agent arrived byte by byte' cmp "$home/agent.js" "$work/expected-agent.js"
  check 'its configuration is private' is "$(stat -c "$owner" "$home/agent.json")" 'root:root 600'
  check 'hostile text arrived as it was' cmp "$work/expected-agent.json" "$home/agent.json"
  check 'and was executed nowhere' test ! -e "$root/pwned"
  check 'the startup script arrived byte by byte' cmp "$home/startup-script" "$work/expected-startup-script"
  check 'the startup script is executable by root alone' is "$(stat -c "$owner" "$home/startup-script")" 'root:root 700'
  check 'sudoers is as sudo wants it' chroot "$root" visudo -c -f /etc/sudoers.d/90-cml-runner
  check 'sudo lets the runner in' chroot "$root" sudo -u runner sudo -n true
  check 'the certificate is trusted' chroot "$root" openssl verify /opt/cml-runner/certificates.pem
  check 'apt has the proxy' grep -qx 'Acquire::https::Proxy "http://proxy.example:3128";' "$root/etc/apt/apt.conf.d/95cml-runner-proxy"
  check 'needrestart leaves the agent alone' bash -c "perl -e 'our %nrconf; do shift; my (\$k) = keys %{\$nrconf{override_rc}}; exit !(\"cml-runner-agent.service\" =~ \$k && \$nrconf{override_rc}{\$k} == 0)' '$root/etc/needrestart/conf.d/cml-runner.conf'"
  check 'no address with a token is left' test ! -e "$home/runner.curl"
  check 'the bootstrap went through' grep -q ' fetched: [0-9]* bytes' "$console"
  check 'and failed nowhere' bash -c "! grep -q ' failed' '$console'"
  check 'apt-daily is masked' grep -q '^systemctl mask --quiet apt-daily.timer' "$calls"
  check 'the runner is in the docker group' bash -c "chroot '$root' id -nG runner | grep -qw docker"
  check 'its home is /home/runner' bash -c "chroot '$root' getent passwd runner | grep -q ':/home/runner:/bin/bash$'"
  check 'the tree belongs to it' is "$(stat -c '%U:%G' "$root/opt/actions-runner/run.sh")" "$(id_of "$root")"
  check 'a link in it led nobody out' is "$(stat -c '%U:%G' "$root/etc/shadow")" 'root:shadow'
  check 'the Node is a copy of root'"'"'s own' is "$(stat -c "$owner" "$home/node") $("$home/node")" 'root:root 755 24'
  check 'the agent was started' grep -qx 'systemctl --no-block start cml-runner-agent.service' "$calls"
  check 'no password of the proxy is anywhere' bash -c "! grep -rqs 'user:password' '$root/opt' '$root/etc' '$root/var'"
}

tell_failures() {
  local work=$1 root=$2
  if [ "$failures" -gt 0 ]; then cat "$work/console" "$work/stages" "$root/opt/cml-runner/"*.log "$root/run/cml-runner/"*.log 2>/dev/null || :; fi
}

id_of() {
  # Names of the host's users differ; numbers do not.
  stat -c '%U:%G' "$1/home/runner"
}
