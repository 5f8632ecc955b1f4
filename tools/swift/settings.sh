# Sourced from the repository's root by what builds Swift; $build: where the engine lies. How it is found, and the examples.
source=$PWD
mkdir -p build/swift/pkgconfig
cat >build/swift/pkgconfig/satchel.pc <<END
Name: satchel
Description: the engine as it is built here
Version: 0
Libs: -L$source/$build/platform/c -lsatchel
Cflags: -I$source/platform/c/include
END
settings=(PKG_CONFIG_PATH="$source/build/swift/pkgconfig" LD_LIBRARY_PATH="$source/$build/platform/c")

build_examples() {
  echo "satchel: build the Swift examples ..." >&2
  tools/swift/in-root.sh "$1" env "${settings[@]}" swift build --package-path examples/swift \
    --scratch-path build/swift/examples >build/swift/examples.log 2>&1 || { cat build/swift/examples.log >&2; exit 1; }
}
