#!/bin/sh
# The official package carries a whole Node here. This one borrows the host's by its absolute path, so that the archive stays small
# and still works when it is copied elsewhere, as it is on a machine.
exec "@NODE@" "$@"
