#!/usr/bin/env bash
# Makes the kept set of the format under way anew, in tests/compat/sets/0: needed while that format is not promised and
# something changed it. tests/compat/README.md says when that is right. With BUILD, a build directory that is there.
#   tools/make-compat-set.sh [BUILD]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
build=${1:-build/dev}
if [[ ! -f $build/build.ninja ]]; then cmake --preset dev -B "$build" >/dev/null; fi
cmake --build "$build" --target satchel_compat_set >/dev/null
"$build/bin/satchel-compat-set" tests/compat/sets/0
