#!/usr/bin/env bash
# run.sh BUILD TOOLS FILE.kt [ARGUMENTS...]: compiles one Kotlin program against the library that lies in BUILD and runs its
# main, with the compiler in TOOLS.
set -euo pipefail
build=$(readlink -f "$1") tools=$(readlink -f "$2") file=$3; shift 3
java=$(sed -n 2p "$tools/state")/bin/java
libraries=$build/kotlin/satchel.jar:$(printf '%s:' "$tools"/lib/{kotlin-stdlib,annotations,kotlinx-}*.jar)
program=$build/kotlin/programs/$(basename "$file" .kt)-$(sha256sum <"$file" | cut -c1-16).jar
if [[ ! -f $program ]]; then
  mkdir -p "$(dirname "$program")"
  "$java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$tools/lib/*" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib \
    -no-reflect -jvm-target 17 -cp "$libraries" -d "$program" "$file"
fi
package=$(sed -n 's/^package \([a-zA-Z0-9_.]*\).*/\1./p' "$file")
exec "$java" "-Djava.library.path=$build/platform/android" -cp "$program:$libraries" "$package$(basename "$file" .kt)Kt" "$@"
