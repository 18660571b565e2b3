#!/usr/bin/env bash
# Draws the passwords and makes the key file of a new installation, into ./secrets; touches nothing that is there.
#     ./first-start.sh id.example.cn
set -euo pipefail
cd "$(dirname "$0")"
site=${1:?usage: first-start.sh HOST, the name under which phones reach this machine}
image=${SHIMING_IMAGE:-localhost/shiming:latest}
engine=$(command -v docker || command -v podman) || { echo "first-start: install docker or podman first" >&2; exit 1; }
[ ! -e secrets ] || { echo "first-start: ./secrets is there already: this installation has its keys" >&2; exit 1; }

umask 077
mkdir secrets
draw() { head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9'; }
database=$(draw) name=$(draw) secret=$(draw)
printf %s "$database" > secrets/database_password
cat > secrets/store_keys.json <<JSON
{"identities": [{"name": "shiming", "credentials": [{"accessKey": "$name", "secretKey": "$secret"}],
                 "actions": ["Read", "Write", "List", "Tagging"]}]}
JSON
cat > secrets/shiming.env <<ENV
SHIMING_DATABASE_URL=postgresql+psycopg://shiming:$database@database/shiming
SHIMING_KEYS_URL=postgresql+psycopg://shiming:$database@database/shiming_keys
AWS_ACCESS_KEY_ID=$name
AWS_SECRET_ACCESS_KEY=$secret
SHIMING_PUBLIC_URL=https://$site
ENV
echo "SITE=$site" > .env
# The first `migrate` makes a key file; its databases are thrown away, the file is then enrolled in the real ones.
# Only root and user 10001 may read it.
mkdir secrets/new && chown 10001:10001 secrets/new
"$engine" run --rm --read-only --tmpfs /tmp --tmpfs /data:mode=0700,uid=10001,gid=10001 --network none \
    -v "$PWD/secrets/new:/keys" -e SHIMING_KEY_FILE=/keys/master.keys "$image" migrate
mv secrets/new/master.keys secrets/master.keys && rm -rf secrets/new
# Services read their own secret as users of their own; the folder is root's alone.
chmod 0444 secrets/database_password secrets/store_keys.json
echo "first-start: made ./secrets. Keep a copy of secrets/master.keys elsewhere, apart from every database backup:"
echo "             without it nothing that was sealed can be read."
