#!/usr/bin/env bash
# What `make fleet` needs from Debian: HAProxy as the balancer, a C compiler for wrong clocks. Where they cannot be
# installed, what is there is used; without HAProxy there is no fleet.
set -euo pipefail
missing=()
[ -x /usr/sbin/haproxy ] || missing+=(haproxy)
command -v cc >/dev/null || missing+=(gcc libc6-dev)
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=(); [ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "── installing ${missing[*]} …"
"${sudo[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null || true
[ -x /usr/sbin/haproxy ] || { echo "fleet: HAProxy is missing; run: apt-get install haproxy" >&2; exit 1; }
