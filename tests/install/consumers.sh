#!/bin/sh
# consumers.sh CMAKE BUILD_DIR LIBDIR SANITIZER
set -eu
cmake=$1 build=$2 libdir=$3 sanitizer=$4
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=
case $sanitizer in address) flags=-fsanitize=address,undefined ;; thread) flags=-fsanitize=thread ;; esac

"$cmake" --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
if grep -rIl "$work/first" "$work/moved"; then echo "an installed file names where it was installed" >&2; exit 1; fi

# shellcheck disable=SC2046  # pkg-config's words are separate arguments
PKG_CONFIG_PATH=$work/moved/$libdir/pkgconfig \
  sh -c 'cc -std=c11 -Wall -Werror '"$flags"' "$1" $(pkg-config --cflags --libs satchel) -o "$2"' sh "$here/consumer/consumer.c" "$work/consumer_c"
LD_LIBRARY_PATH=$work/moved/$libdir "$work/consumer_c" "$work/c.db" "$work/moved/share/satchel/satchel-domain.json"

"$cmake" -G Ninja -S "$here/consumer" -B "$work/cpp" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
"$cmake" --build "$work/cpp" >/dev/null
"$work/cpp/consumer" "$work/cpp.db" "$work/moved/share/satchel/satchel-domain.json"
"$work/moved/bin/satchel" --help >/dev/null
