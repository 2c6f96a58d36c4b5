#!/usr/bin/env bash
# SHA-256 of what a job runs, as sha256sum prints and checks it: action.yml and dist/, by name.
set -euo pipefail
cd "$(git rev-parse --show-toplevel)"
git ls-files -z -- action.yml dist | LC_ALL=C sort -z | xargs -0 sha256sum --
