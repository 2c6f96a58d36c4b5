# shellcheck shell=bash
# Head of the checks that need a Debian of their own; sourced. What they need and do not find here, they leave out and pass: a
# developer's machine may have neither root nor these tools.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# The Node of the checkout: TypeScript needs a newer one than a machine may have.
PATH=$PWD/node_modules/.bin:$PATH
check=$(basename "$0" .sh)

skip() {
  echo "$check: skipped, $1"
  exit 0
}

# need_tools TOOL...: root, and these.
need_tools() {
  local tool
  [ "$(id -u)" = 0 ] || skip 'it needs root'
  for tool; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
}

# need_tree FOLDER PACKAGE...: a Debian with those packages in FOLDER/tree; made once, 30 s and 500 MB. What is special about
# it, finish_tree does, if there is one. Whoever makes it first writes FOLDER/log.
need_tree() {
  local folder=$1 made
  shift
  mkdir -p "$folder"
  [ -e "$folder/tree/ready" ] && return
  made=$folder/making
  rm -rf "$made" && mkdir -p "$made"
  make_tree "$made" "$@" >"$folder/log" 2>&1 || skip "no Debian tree could be made ($folder/log)"
  rm -rf "$folder/tree" && mv "$made" "$folder/tree" && touch "$folder/tree/ready"
}

make_tree() {
  local made=$1
  shift
  debootstrap --variant=minbase trixie "$made" || return 1
  chroot "$made" apt-get update || return 1
  chroot "$made" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" || return 1
  if declare -F finish_tree >/dev/null; then finish_tree "$made"; fi
}
