#!/usr/bin/env bash
# Puts all that the set-up downloads into one folder, for machines without network:
#   here:   make bundle                       → dist/bundle and dist/shiming-bundle.tar
#   there:  make setup BUNDLE=/path/to/bundle
# The wheels fit this machine's Python version and processor; make the bundle on the same kind of machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
bundle=${1:?usage: bundle.sh FOLDER}

mkdir -p "$bundle/wheels"
echo "── bundling packages …"
.venv/bin/python -m pip download --disable-pip-version-check --no-input --quiet --only-binary :all: \
    --no-deps --require-hashes -r requirements-dev.lock -d "$bundle/wheels"
echo "── bundling model weights …"
.venv/bin/python -m shiming.vision.weights bundle "$bundle/weights.tar"
echo "── bundling the built front end …"
tar -cf "$bundle/front-end.tar" src/shiming/web/flow/assets src/shiming/web/console/assets
tar -C "$bundle/.." -cf "$bundle/../shiming-bundle.tar" "$(basename "$bundle")"
du -sh "$bundle/wheels" "$bundle/weights.tar" "$bundle/../shiming-bundle.tar"
