#!/usr/bin/env bash
# make-xcframework.sh: on a Mac, Satchel.xcframework beside this file, which Package.swift takes there: the engine for iOS,
# its simulator and macOS, all for Apple silicon, each one static library with what it is linked with. Needs Xcode 15 or later,
# CMake, Ninja, and vcpkg in $VCPKG_ROOT. Nobody has run it in this repository's tests: they have no Mac.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
cd "$here/../.."
[[ $(uname) == Darwin ]] || { echo "make-xcframework.sh: needs a Mac with Xcode" >&2; exit 1; }
: "${VCPKG_ROOT:?where vcpkg is}"
headers=build/xcframework/headers
rm -rf build/xcframework "$here/Satchel.xcframework"
mkdir -p "$headers"
cp platform/c/include/satchel.h "$headers/"
# iOS and macOS have SQLite, libcurl is built by vcpkg; the standard library of C++ and the system's frameworks are linked by name.
cat >"$headers/module.modulemap" <<'END'
module CSatchel {
  header "satchel.h"
  link "c++"
  link framework "CoreFoundation"
  link framework "Security"
  link framework "SystemConfiguration"
  export *
}
END

# library PRESET NAME CMAKE_ARGUMENTS...: builds one and merges all of its static libraries into build/xcframework/NAME.
library() {
  local preset=$1 name=$2; shift 2
  local build=build/xcframework/build-$name out=build/xcframework/$name/libsatchel.a
  cmake --preset "$preset" -B "$build" -DBUILD_SHARED_LIBS=OFF "$@"
  cmake --build "$build" --target satchel
  mkdir -p "$(dirname "$out")"
  # satchel itself is a shared library elsewhere: its objects, and those below it, go into one archive.
  find "$build" -name '*.o' -path '*satchel.dir*' -print0 | xargs -0 libtool -static -o "build/xcframework/$name/satchel.a"
  find "$build" -name 'libsatchel_*.a' -print0 >"build/xcframework/$name/ours"
  find "$build/vcpkg_installed" -path '*/lib/*.a' -not -path '*/debug/*' -print0 >"build/xcframework/$name/theirs"
  cat "build/xcframework/$name/ours" "build/xcframework/$name/theirs" |
    xargs -0 libtool -static -o "$out" "build/xcframework/$name/satchel.a"
}

library ios ios
library ios ios-simulator -DVCPKG_TARGET_TRIPLET=arm64-ios-simulator -DCMAKE_OSX_SYSROOT=iphonesimulator
library macos macos

xcodebuild -create-xcframework \
  -library build/xcframework/ios/libsatchel.a -headers "$headers" \
  -library build/xcframework/ios-simulator/libsatchel.a -headers "$headers" \
  -library build/xcframework/macos/libsatchel.a -headers "$headers" \
  -output "$here/Satchel.xcframework"
echo "made $here/Satchel.xcframework"
