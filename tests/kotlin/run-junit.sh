#!/usr/bin/env bash
# run-junit.sh JAVA CLASSPATH LIBRARIES CENTRE SOURCES OPTIONS...: runs JUnit's console launcher over the test jar, the first
# of CLASSPATH, and ends with one line "ran: ..." that ./run test shows.
set -euo pipefail
java=$1 path=$2 libraries=$3 centre=$4 sources=$5; shift 5
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# The whole heap from the beginning: what the process grows by later is not Java's (MillionCallsTest).
"$java" -Xms256m -Xmx256m -XX:+AlwaysPreTouch -XX:+UseSerialGC -Xcheck:jni "-Djava.library.path=$libraries" "-Dsatchel.centre=$centre" \
  "-Dsatchel.source=$sources" -cp "$path" org.junit.platform.console.ConsoleLauncher execute --disable-banner \
  --disable-ansi-colors --details=summary --fail-if-no-tests "--scan-classpath=${path%%:*}" --include-classname '.*Test' "$@" \
  >"$log" 2>&1 || status=$?
cat "$log"
# What the virtual machine says of a wrong JNI call, on its output.
if grep -qE '^(WARNING|FATAL ERROR) in native method|^WARNING: JNI' "$log"; then
  echo "the virtual machine found wrong JNI calls" >&2
  exit 1
fi
count() { sed -n "s/^\[ *\([0-9]*\) tests $1 *\]/\1/p" "$log" | tail -n 1; }
echo "ran: Kotlin, JUnit 5 on the JVM: $(count successful) tests passed, $(count failed) failed, $(count skipped) skipped"
exit "$status"
