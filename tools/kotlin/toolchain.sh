#!/usr/bin/env bash
# toolchain.sh DIRECTORY: brings the Kotlin compiler, the libraries and JUnit into DIRECTORY/lib, once for each list of
# versions, through Maven as this machine has it set up. DIRECTORY/state says in its first line "ready" (then in the
# second where the JDK lies) or why not; CMake reads it, so it is written only when it changes.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
versions=$here/../../platform/android/gradle/libs.versions.toml
mkdir -p "$1"
directory=$(readlink -f "$1")

say() {
  [[ -f $directory/state && $(<"$directory/state") == "$1" ]] || echo "$1" >"$directory/state"
}

version() { sed -n "s/^$1 = \"\([^\"]*\)\".*/\1/p" "$versions"; }

javac=$(command -v javac || true)
[[ -n ${JAVA_HOME:-} && -x $JAVA_HOME/bin/javac ]] && javac=$JAVA_HOME/bin/javac
if [[ -z $javac ]]; then say "no JDK: install the packages of tools/packages-kotlin.txt"; exit 0; fi
home=$(dirname "$(dirname "$(readlink -f "$javac")")")
major=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
if [[ ! $major -ge 17 ]]; then say "the JDK in $home is ${major:-of an unknown version}: 17 or newer is needed"; exit 0; fi

wanted=$(cat "$here/pom.xml" "$versions" | sha256sum)
if [[ ! -f $directory/fetched || $(<"$directory/fetched") != "$wanted" ]]; then
  if ! command -v mvn >/dev/null; then say "no Maven: install the packages of tools/packages-kotlin.txt"; exit 0; fi
  echo "satchel: fetch the Kotlin compiler, its libraries and JUnit (once) ..." >&2
  rm -rf "$directory/lib"
  if ! mvn -q -B -f "$here/pom.xml" "-Dkotlin=$(version kotlin)" "-Dcoroutines=$(version coroutines)" \
    "-Dserialization=$(version serialization)" "-Djunit-console=$(version junit-console)" \
    dependency:copy-dependencies "-DoutputDirectory=$directory/lib" >"$directory/fetch.log" 2>&1; then
    say "the Kotlin compiler and its libraries could not be fetched by Maven: $directory/fetch.log"
    exit 0
  fi
  echo "$wanted" >"$directory/fetched"
fi
say "ready
$home"
