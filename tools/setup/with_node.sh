#!/usr/bin/env bash
# Builds the front end where PATH has no fitting Node: with the one from PyPI (40 MB), into .venv. Says why if it fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
    echo "── no Node 20.19 or newer on PATH: installing the one from PyPI into .venv …"
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet \
        --no-deps --require-hashes -r requirements-node.lock
fi
exec .venv/bin/python tools/setup/front_end.py
