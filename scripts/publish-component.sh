#!/usr/bin/env bash
# Publishes gitlab-component/ as a project of its own: pushes the folder's history to the default branch of a GitLab project, with the
# version of package.json as tag. The pipeline of that project tests it and makes the release.
#
#   scripts/publish-component.sh [--dry-run] <remote> [<branch>]
#
# <remote> is an address or a name that git knows, <branch> is `main` unless told. A version that is published already is refused:
# whoever uses it must not get something else tomorrow. So is one whose npm package is not out, or is not what `npm pack` makes here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  printf 'publish-component: %s\n' "$1" >&2
  exit 1
}

push=(git push --atomic)
if [ "${1:-}" = --dry-run ]; then
  push+=(--dry-run)
  shift
fi
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  fail 'usage: scripts/publish-component.sh [--dry-run] <remote> [<branch>]'
fi
remote=$1
branch=${2:-main}
prefix=gitlab-component

[ -x "$(git --exec-path)/git-subtree" ] || fail 'this git has no subtree command: install it (in Debian it comes with git).'

# A history that begins elsewhere could not be pushed on top of the one that is there.
[ "$(git rev-parse --is-shallow-repository)" = false ] || fail 'this clone is shallow: fetch its history first (git fetch --unshallow).'

# What is published is what is committed.
[ -z "$(git status --porcelain -- "$prefix" package.json)" ] || fail "commit the changes in $prefix and package.json first."

version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
package=$(sed -n 's/^  "name": "\(.*\)",$/\1/p' package.json)
# GitLab's catalogue takes semantic versions alone, without a v.
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || fail "version \"$version\" of package.json is no semantic version."
for template in "$prefix"/templates/*.yml; do
  grep -q "default: npx --yes $package@$version\$" "$template" ||
    fail "$template does not call $package@$version: run \`npm run generate\` and commit."
done

[ -z "$(git ls-remote --tags "$remote" "refs/tags/$version")" ] || fail "$version is published already."

# Whoever runs the templates gives that package a forge's token and a cloud's role. So it must be out, and be what this checkout packs.
published=$(npm view "$package@$version" dist.integrity --prefer-online 2>/dev/null) || published=
[ -n "$published" ] || fail "npm has no $package@$version: publish the package first."
packed=$(npm pack --dry-run --json 2>/dev/null | node -p 'Object.values(JSON.parse(require("node:fs").readFileSync(0, "utf8")))[0].integrity')
[ "$published" = "$packed" ] ||
  fail "what npm has as $package@$version is not what this checkout packs ($published is published, $packed is here): its templates would run a stranger's program, or another state of ours. Check out the commit that was published."

commit=$(git subtree -q split --prefix="$prefix" HEAD)
"${push[@]}" "$remote" "$commit:refs/heads/$branch" "$commit:refs/tags/$version"
printf 'Published %s (%s).\n' "$version" "$commit"
