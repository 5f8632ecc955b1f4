#!/usr/bin/env bash
# tools/sysroot.sh DIR: what a program for 64-bit Arm includes and links, from Debian 12 for arm64, unpacked into DIR and
# not installed.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
. tools/unpack.sh
packages=(libc6-dev libstdc++-12-dev libsqlite3-dev libcurl4-openssl-dev libsodium-dev libzstd-dev nlohmann-json3-dev
          libprotobuf-dev zlib1g-dev libcli11-dev libssl-dev catch2/bookworm-backports)
unpack_debian "$1" "bookworm bookworm-backports" "${packages[*]}" --variant=extract --architectures=arm64
