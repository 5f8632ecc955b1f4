#!/usr/bin/env bash
# in-root.sh ROOT COMMAND...: runs a command in the Debian 13 that toolchain.sh unpacked into ROOT, with this repository at
# its own place in it, and the machine's network and devices. What TLS trusts there is a copy of its own, which a test may change. What
# is mounted for it is seen by nobody else, and what it started ends with it. Needs root, or a kernel that lets everybody make
# namespaces.
set -euo pipefail
root=$(readlink -f "$1"); shift
source=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd -P)
namespaces=(--mount --pid --fork --kill-child)
[[ $(id -u) -eq 0 ]] || namespaces+=(--map-root-user --map-auto)
exec unshare "${namespaces[@]}" -- bash -c '
  set -euo pipefail
  root=$1 source=$2; shift 2
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  trusted=etc/ssl/certs/ca-certificates.crt
  cp "$root/$trusted" "$root/tmp/.trusted"
  mount --bind "$root/tmp/.trusted" "$root/$trusted"
  mkdir -p "$root$source"
  mount --rbind "$source" "$root$source"
  exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \
    bash -c "cd \"\$1\" && shift && exec \"\$@\"" in-root "$source" "$@"' in-root "$root" "$source" "$@"
