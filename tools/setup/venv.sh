#!/usr/bin/env bash
# Makes .venv with the first Python from 3.11 to 3.13 that can; on Debian as root, installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { echo "── $*"; }
fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# The first fitting Python that can make virtual environments; else the first fitting one; else nothing.
find_python() {
    local name path second=""
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3 /usr/bin/python3}; do
        path=$(command -v "$name") || continue
        fits "$path" || continue
        if makes_venvs "$path"; then echo "$path"; return; fi
        second=${second:-$path}
    done
    echo "$second"
}

apt_install() {
    command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
    say "installing $* with apt-get …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return
    apt-get update -q && apt-get install -y -q --no-install-recommends "$@"
}

give_up() { printf 'set-up: %s\n' "$@" >&2; exit 1; }

no_python() {
    local seen; seen=$(python3 --version 2>/dev/null || echo "no python3 at all")
    give_up "Shiming needs Python 3.11, 3.12 or 3.13; here is $seen." \
        "Debian 12 or newer, Ubuntu 24.04 or newer:  sudo apt-get install python3 python3-venv" \
        "A Python somewhere else:  make setup PYTHON=/path/to/python3.11"
}

if [ -x .venv/bin/python ] && fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "using the .venv that is there ($(.venv/bin/python --version))"
    exit 0
fi
python=$(find_python)
if [ -z "$python" ]; then
    apt_install python3 python3-venv || no_python
    python=$(find_python)
    [ -n "$python" ] || no_python
fi
if ! makes_venvs "$python"; then
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    apt_install "$package" || give_up "$python cannot make virtual environments." \
        "Debian and Ubuntu:  sudo apt-get install $package" "Then run the same command again."
fi
say "making .venv with $("$python" --version) ($python) …"
rm -rf .venv
"$python" -m venv .venv
