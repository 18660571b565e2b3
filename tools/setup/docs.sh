#!/usr/bin/env bash
# Makes every page again that is generated from code or metadata.
set -euo pipefail
cd "$(dirname "$0")/../.."

for generator in tools.docs tools.docs.gateway tools.licences; do
    echo "── docs: python -m $generator"
    .venv/bin/python -m "$generator"
done
