#!/usr/bin/env bash
# Makes the commit that a release's tags point to, and prints it: what is checked out, and one file more, which leaves out of the archive that
# GitHub hands to jobs what an action does not need there. A clone of the tag is whole. Nothing in the working tree is touched.
#
#   scripts/release/commit.sh <version>
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
version=${1:?usage: scripts/release/commit.sh <version>}

index=$(mktemp -d)
trap 'rm -rf "$index"' EXIT
export GIT_INDEX_FILE="$index/index"
export GIT_AUTHOR_NAME=cml-runner GIT_AUTHOR_EMAIL=cml-runner@users.noreply.github.com
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

# An attribute of a folder holds for all that is in it. The last line that fits a name decides.
attributes=$(
  git show HEAD:.gitattributes
  printf '%s\n' '/* export-ignore'
  for kept in action.yml dist package.json README.md LICENSE SECURITY.md CHANGELOG.md; do
    printf '/%s -export-ignore\n' "$kept"
  done
)
git read-tree HEAD
blob=$(printf '%s\n' "$attributes" | git hash-object -w --stdin)
git update-index --add --cacheinfo "100644,$blob,.gitattributes"
git commit-tree "$(git write-tree)" -p HEAD -m "Release $version"
