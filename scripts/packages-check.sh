#!/bin/bash
# Gives packages.sh to the real dnf, as dnf and under yum's name, with a repository of our own, in a Debian tree with namespaces of its own: the
# mirrors of the distributions that have it cannot be reached from everywhere. Needs root, debootstrap and Debian's packages (60 s and
# 600 MB once, kept in build/packages); says so and passes where they are missing. systemctl is stood in for.
set -euo pipefail
# shellcheck source=scripts/debian.sh
. "$(dirname "$0")/debian.sh"
cache=$PWD/build/packages
tree=$cache/tree
script=$PWD/dist/packages.sh
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Two repositories: one has a package of each name that we ask for, the other lacks git.
# shellcheck disable=SC2317 # `need_tree` calls it
finish_tree() {
  mkdir -p "$1/repository" "$1/lacking" "$1/specs"
  local name
  for name in libicu docker git; do
    {
      printf 'Name: %s\nVersion: 1.0\nRelease: 1\nSummary: %s of the check\nLicense: none\nBuildArch: noarch\n' "$name" "$name"
      printf '%%description\nnothing\n%%install\nmkdir -p %%{buildroot}/usr/local/bin\nprintf "#!/bin/sh\\n" >%%{buildroot}/usr/local/bin/%s\n' "$name"
      printf '%%files\n%%attr(755,root,root) /usr/local/bin/%s\n' "$name"
    } >"$1/specs/$name.spec"
    chroot "$1" rpmbuild -bb --define '_rpmdir /repository' "/specs/$name.spec" || return 1
  done
  cp -r "$1/repository/noarch" "$1/lacking"
  rm "$1"/lacking/noarch/git-*
  chroot "$1" createrepo_c /repository || return 1
  chroot "$1" createrepo_c /lacking || return 1
}

# repository ROOT NAME: where packages come from.
repository() {
  mkdir -p "$1/etc/yum.repos.d"
  printf '[%s]\nname=%s\nbaseurl=file:///%s\ngpgcheck=0\n' "$2" "$2" "$2" >"$1/etc/yum.repos.d/check.repo"
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
run() {
  { echo "NEEDS='docker libicu git'" && cat "$script"; } >"$1/packages.sh"
  chroot "$1" env -i PATH="$path" HOME=/root sh /packages.sh
}

# Runs inside of the namespaces, on a fresh layer over the tree, with no other manager there than MANAGER.
inside() {
  local manager=$1 work=$2 root=$2/root console name
  mount -t tmpfs tmpfs "$work/layer"
  mkdir "$work/layer/upper" "$work/layer/work"
  mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/layer/upper,workdir=$work/layer/work" "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/run"
  mkdir -p "$root/run/cml-runner"
  rm -f "$root/dev/console" && : >"$root/dev/console"
  console=$root/dev/console
  rm "$root/usr/bin/apt-get"
  # Where yum is the only name, as it was before dnf.
  [ "$manager" = dnf ] || mv "$root/usr/bin/dnf" "$root/usr/bin/$manager"
  printf '#!/bin/sh\necho "$*" >>/calls\n' >"$root/usr/local/bin/systemctl" && chmod 755 "$root/usr/local/bin/systemctl"
  repository "$root" lacking
  check "$manager: went through" run "$root"
  for name in libicu docker; do
    check "$manager: $name is there" chroot "$root" rpm -q "$name"
    check "$manager: $name was told" grep -qE "^cml-runner [0-9]+ packages: installed in [0-9]+ s: $name\$" "$console"
  done
  check "$manager: what the repository lacks was told in its words" grep -qE 'packages: could not be installed: git: .*(Unable to find a match|No match for argument)' "$console"
  for name in libicu docker git; do check "$manager: nobody waits for $name" test -e "$root/run/cml-runner/settled-$name"; done
  check "$manager: Docker was started" grep -qx 'start docker.service' "$root/calls"
  # Called again, it asks only for what is missing.
  repository "$root" repository
  : >"$console"
  check "$manager: again" run "$root"
  check "$manager: git is there" chroot "$root" rpm -q git
  check "$manager: Docker was not asked for again" bash -c "! grep -q docker '$console'"
  if [ "$failures" -gt 0 ]; then cat "$console" "$root/run/cml-runner/packages.log"; fi
  echo "packages-check: $(chroot "$root" "$manager" --version | head -n 1), $failures failed"
  [ "$failures" -eq 0 ]
}

if [ "${1:-}" = inside ]; then
  shift
  inside "$@"
  exit
fi

need_tools debootstrap unshare chroot
unshare --mount --pid --fork --uts --ipc --net true 2>/dev/null || skip 'namespaces are not allowed here'
need_tree "$cache" dnf rpm createrepo-c
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
status=0
for manager in dnf yum; do
  mkdir -p "$top/$manager/layer" "$top/$manager/root"
  unshare --mount --pid --fork --uts --ipc --net --mount-proc bash "$0" inside "$manager" "$top/$manager" || status=1
done
exit "$status"
