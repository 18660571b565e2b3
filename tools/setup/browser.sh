#!/usr/bin/env bash
# Sees that a Chromium is there for tests/browser: installs Debian's when root, else says what to do.
set -euo pipefail

found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

if found >/dev/null; then
    echo "── browser: $(found)"
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "── installing Debian's chromium for the browser tests (about 100 MB) …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    apt-get install -y -q --no-install-recommends chromium
    found >/dev/null && exit 0
fi
cat >&2 <<'MESSAGE'
browser: the browser tests need Chromium, and it is not here.
  Debian:            sudo apt-get install chromium
  Fedora:            sudo dnf install chromium
  something else:    put a program named chromium or google-chrome on PATH
Then run the same command again. Without it:  make test T='--ignore=tests/browser'
MESSAGE
exit 1
