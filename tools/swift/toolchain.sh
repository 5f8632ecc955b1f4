#!/usr/bin/env bash
# toolchain.sh DIR: a Debian 13 with the Swift compiler, and what the library and the test centre that Debian 12's compiler
# built are linked with, unpacked into DIR (2.6 GB): Debian 12 has no Swift. From the mirror that this machine's apt uses;
# nothing of this machine changes. Once; a DIR that is whole and has all of the packages below is left alone.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tools/setup.sh
directory=$1
packages=(ca-certificates swiftlang libstdc++-14-dev pkgconf
          libsqlite3-0 libcurl4t64 libsodium23 libzstd1 libprotobuf-lite32t64 libssl3t64 zlib1g)
[[ -f $directory/.whole && $(<"$directory/.whole") == "${packages[*]}" ]] && exit 0
source=$(debian_source bookworm /etc/apt)
[[ -n $source ]] || { echo "satchel: found no Debian mirror in this machine's apt sources" >&2; exit 1; }
command -v mmdebstrap >/dev/null || { echo "satchel: needs mmdebstrap, which ./run installs" >&2; exit 1; }
rm -rf --one-file-system "$directory"
mkdir -p "$(dirname "$directory")"
mode=unshare; [[ $(id -u) -eq 0 ]] && mode=root
mmdebstrap --quiet --variant=apt --mode="$mode" --include="$(IFS=,; echo "${packages[*]}")" \
  trixie "$directory" "deb $source trixie main" >&2
echo "${packages[*]}" >"$directory/.whole"
