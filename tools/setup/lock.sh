#!/usr/bin/env bash
# Makes requirements.lock (what runs) and requirements-dev.lock (the same, and what tests it) from pyproject.toml.
# Versions already locked stay unless UPGRADE=1. The files hold hashes and no index address, so that any mirror will do.
# openvino-telemetry, which sends usage events, is left out: OpenVINO works without it. So is httpx2-jsfetch, which only a
# Python inside a browser takes. The locks are whole, and are installed with --no-deps.
set -euo pipefail
cd "$(dirname "$0")/../.."
uv="${UV:-.venv/bin/uv}"
[ -x "$uv" ] || { echo "lock: $uv is missing; run '.venv/bin/pip install uv' first" >&2; exit 1; }

compile() {
    "$uv" pip compile --no-config --universal --python-version 3.11 --generate-hashes --quiet \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --no-emit-package openvino-telemetry --no-emit-package httpx2-jsfetch ${UPGRADE:+--upgrade} "$@"
}

compile pyproject.toml --group build -o requirements.lock
compile pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
compile --group pyproject.toml:node -o requirements-node.lock
locks=(requirements.lock requirements-dev.lock requirements-node.lock)
for beside in site strangers; do
    compile tools/$beside/requirements.in -o tools/$beside/requirements.lock
    locks+=(tools/$beside/requirements.lock)
done
if grep -nE '://|^ *-(i|f)|file:|/opt/|/home/' "${locks[@]}"; then
    echo "lock: an address got into a lock file (above)" >&2
    exit 1
fi
