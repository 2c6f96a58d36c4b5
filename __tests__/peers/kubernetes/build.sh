#!/usr/bin/env bash
# Builds the control plane of a Kubernetes cluster (etcd, kube-apiserver, kube-controller-manager, kube-scheduler) from the Go modules pinned in
# go.mod and go.sum, for the tests beside it: no registry carries these programs. They are kept in $CML_RUNNER_PEERS, else in /var/tmp, by the hash
# of go.sum, so that only the first run pays: minutes, and some GB of Go's own caches. Without Go there is nothing to build, and the tests are skipped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

hash=$(sha256sum go.sum | cut -c1-16)
peers=${CML_RUNNER_PEERS:-/var/tmp/cml-runner-peers}
made="$peers/kubernetes-$hash"
[ -e "$made" ] && exit 0
if ! command -v go >/dev/null; then
  echo 'test:peers: there is no Go to build a Kubernetes control plane with: its tests are skipped.'
  exit 0
fi

version=$(sed -n 's/^require k8s\.io\/kubernetes v\([0-9.]*\).*/\1/p' go.mod)
echo "test:peers: building the control plane of Kubernetes $version into $made, once"
mkdir -p "$peers"
# Beside its place: what has the name of the hash is whole.
half=$(mktemp -d "$peers/.building-XXXXXX")
trap 'rm -rf "$half"' EXIT
chmod 755 "$half"
settings=k8s.io/component-base/version
IFS=. read -r major minor _ <<<"$version"
# With notest and grpcnotrace the linker can leave out what nothing calls.
CGO_ENABLED=0 GOFLAGS='' go build -mod=readonly -buildvcs=false -trimpath -tags notest,grpcnotrace \
  -ldflags "-s -w -X $settings.gitVersion=v$version -X $settings.gitMajor=$major -X $settings.gitMinor=$minor" \
  -o "$half/" tool
# Go names a program after its module.
mv "$half/server" "$half/etcd"
# Somebody else may have been faster.
mv -T "$half" "$made" 2>/dev/null || [ -e "$made" ]
