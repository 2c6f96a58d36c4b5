#!/bin/bash
# Configures or removes the runner: the checks, messages and exit codes are those of the official config.sh.

if [ "$(id -u)" -eq 0 ] && [ -z "$RUNNER_ALLOW_RUNASROOT" ]; then
    echo "Must not run with sudo"
    exit 1
fi

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" || exit 1

# The official program is .NET and needs libicu. The file exists when a test asks for that truth.
if [ -e ./bin/needs-libicu ]; then
    ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
    if ! "$ldconfig" -NXv 2>&1 | grep libicu > /dev/null; then
        echo "Libicu's dependencies is missing for Dotnet Core 6.0"
        echo "Execute sudo ./bin/installdependencies.sh to install any missing Dotnet Core 6.0 dependencies."
        exit 1
    fi
fi

# shellcheck source=/dev/null
source ./env.sh

if [ "${1,,}" = "remove" ]; then
    ./bin/Runner.Listener "$@"
else
    ./bin/Runner.Listener configure "$@"
fi
