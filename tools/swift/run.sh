#!/usr/bin/env bash
# run.sh ROOT BUILD PROGRAM [ARGUMENTS...]: builds one program of examples/swift in the Debian 13 of ROOT against the engine that
# lies in BUILD, and runs it there. It sees this repository at its own place, and nothing else of the machine.
set -euo pipefail
root=$1 build=$2 program=$3; shift 3
cd "$(dirname "$(readlink -f "$0")")/../.."
. tools/swift/settings.sh
build_examples "$root"
exec tools/swift/in-root.sh "$root" env "${settings[@]}" "build/swift/examples/debug/$program" "$@"
