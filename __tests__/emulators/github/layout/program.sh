#!/bin/bash
# Stands where the official package has a .NET executable: runs the program of the same name on the Node that the package carries.

DIR=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
NAME=$(basename "${BASH_SOURCE[0]}")

# .NET on Linux takes proxies and certificates from these variables; Node has other names for the same things.
# They are taken out again before anything of a job runs.
export NODE_USE_ENV_PROXY=1
export CML_EMULATED_CA_CERTS="${CML_EMULATED_CA_CERTS-${NODE_EXTRA_CA_CERTS-}}"
[ -z "$SSL_CERT_FILE" ] || export NODE_EXTRA_CA_CERTS="$SSL_CERT_FILE"

exec "$DIR/../externals/node24/bin/node" "$DIR/$NAME.mjs" "$@"
