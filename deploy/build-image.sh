#!/usr/bin/env bash
# Builds the image without any image registry: the base by mmdebstrap from Debian's packages, the rest by buildah.
#     deploy/build-image.sh [TAG]          as root (Debian: apt-get install buildah mmdebstrap), about 15 minutes
# SUITE=bookworm, MIRROR=http://…: another Debian; KEEP=folder: where buildah keeps images (vfs: slow, works anywhere);
# OUT=file.tar: also write the image there, as `podman load` and `docker load` take it.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:-localhost/shiming:$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' src/shiming/__init__.py)}
suite=${SUITE:-trixie}
mirror=${MIRROR:-http://deb.debian.org/debian}
for program in buildah mmdebstrap; do
    command -v "$program" >/dev/null || { echo "build-image: install $program first: apt-get install buildah mmdebstrap" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
places=(--root "${KEEP:-$work/images}" --runroot "$work/run")
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}

base=localhost/shiming-base
echo "── base: Debian $suite from $mirror"
SOURCE_DATE_EPOCH=$epoch mmdebstrap --variant=minbase --include=ca-certificates,python3 --quiet \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$work/base.tar" "$mirror"
from=$(buildah "${places[@]}" from scratch)
buildah "${places[@]}" add --quiet "$from" "$work/base.tar" /
buildah "${places[@]}" commit --quiet --rm "$from" "$base" >/dev/null

# The package indexes and certificates of this machine are used while building, and are in no layer.
mounts=()
for file in /etc/pip.conf /root/.npmrc /etc/npmrc /etc/apt/apt.conf.d/90proxy /etc/ssl/certs/ca-certificates.crt; do
    [ -e "$file" ] && mounts+=(--volume "$file:$file:ro")
done
arguments=(--build-arg "BASE=$base" --build-arg "SOURCE_DATE_EPOCH=$epoch")
for name in PIP_INDEX_URL PIP_CERT NPM_CONFIG_REGISTRY HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -n "${!name:-}" ] && arguments+=(--build-arg "$name=${!name}")
done

echo "── image: $tag"
buildah "${places[@]}" build --network host --pull-never --format docker --timestamp "$epoch" \
    --ignorefile deploy/Containerfile.dockerignore "${mounts[@]}" "${arguments[@]}" -f deploy/Containerfile -t "$tag" .
buildah "${places[@]}" images --format '{{.Name}}:{{.Tag}} {{.Size}}' "$tag"
if [ -n "${OUT:-}" ]; then
    buildah "${places[@]}" push --quiet "$tag" "docker-archive:$OUT:$tag"
    ls -l "$OUT"
fi
