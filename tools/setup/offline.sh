#!/usr/bin/env bash
# Shows that what is set up needs no network but loopback: runs `make …` where loopback is the only interface there is.
#   tools/setup/offline.sh test        tools/setup/offline.sh demo ONCE=1
# As root or not; on Linux only (network namespaces). PostgreSQL runs as another user than root there too.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || { echo "usage: offline.sh test | demo ONCE=1 | any target of make" >&2; exit 2; }
command -v unshare >/dev/null || { echo "offline: 'unshare' is missing: sudo apt-get install util-linux" >&2; exit 1; }
[ -x .venv/bin/python ] || { echo "offline: run 'make setup' first" >&2; exit 1; }

if [ "$(id -u)" = 0 ]; then
    apart=(unshare --net)
else
    apart=(unshare --user --map-current-user --net --keep-caps)
fi
if ! "${apart[@]}" true; then
    echo "offline: this machine does not allow network namespaces (in a container: run it with CAP_SYS_ADMIN)" >&2
    exit 1
fi
exec "${apart[@]}" .venv/bin/python tools/setup/loopback.py make "$@"
