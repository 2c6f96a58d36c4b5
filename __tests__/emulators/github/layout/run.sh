#!/bin/bash
# Keeps the listener running. Exits 0 whatever happened, as the official one does, except under RUNNER_MANUALLY_TRAP_SIG.

DIR=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

refresh() {
    cp -f "$DIR/run-helper.sh.template" "$DIR/run-helper.sh"
}

plain() {
    while :; do
        refresh
        "$DIR/run-helper.sh" "$@"
        if [ $? -ne 2 ]; then
            echo "Exiting runner..."
            exit 0
        fi
        echo "Restarting runner..."
    done
}

trapped() {
    set -m
    trap 'kill -INT -"$PID"' INT TERM
    while :; do
        refresh
        "$DIR/run-helper.sh" "$@" &
        PID=$!
        wait "$PID"
        code=$?
        if [ $code -ne 2 ]; then
            echo "Exiting runner..."
            trap - INT TERM
            wait "$PID"
            exit $code
        fi
        echo "Restarting runner..."
    done
}

if [ -z "$RUNNER_MANUALLY_TRAP_SIG" ]; then
    plain "$@"
else
    trapped "$@"
fi
