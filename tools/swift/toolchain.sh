#!/usr/bin/env bash
# toolchain.sh DIR: a Debian 13 with the Swift compiler, and what the library and the test centre that Debian 12's compiler
# built are linked with, unpacked into DIR (2.6 GB): Debian 12 has no Swift.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tools/unpack.sh
packages=(ca-certificates swiftlang libstdc++-14-dev pkgconf
          libsqlite3-0 libcurl4t64 libsodium23 libzstd1 libprotobuf-lite32t64 libssl3t64 zlib1g)
unpack_debian "$1" trixie "${packages[*]}" --variant=apt
