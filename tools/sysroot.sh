#!/usr/bin/env bash
# tools/sysroot.sh DIR: what a program for 64-bit Arm includes and links, from Debian 12 for arm64, unpacked into DIR and
# not installed: nothing of this machine changes. From the mirror that this machine's apt uses. Once; a DIR that is whole
# and has all of the packages below is left alone.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. tools/setup.sh
directory=$1
packages=(libc6-dev libstdc++-12-dev libsqlite3-dev libcurl4-openssl-dev libsodium-dev libzstd-dev nlohmann-json3-dev
          libprotobuf-dev zlib1g-dev libcli11-dev libssl-dev catch2/bookworm-backports)
[[ -f $directory/.whole && $(<"$directory/.whole") == "${packages[*]}" ]] && exit 0
source=$(debian_source bookworm /etc/apt)
[[ -n $source ]] || { echo "satchel: found no Debian mirror in this machine's apt sources" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "satchel: needs mmdebstrap, which ./run installs" >&2; exit 1; }
rm -rf "$directory"
mkdir -p "$(dirname "$directory")"
mode=unshare; [[ $(id -u) -eq 0 ]] && mode=root
mmdebstrap --quiet --variant=extract --architectures=arm64 --mode="$mode" --include="$(IFS=,; echo "${packages[*]}")" \
  bookworm "$directory" "deb $source bookworm main" "deb $source bookworm-backports main" >&2
echo "${packages[*]}" >"$directory/.whole"
