#!/usr/bin/env bash
# test.sh ROOT BUILD [NAME...]: the Swift library and its tests, in the Debian 13 of ROOT against the engine that lies in
# BUILD: as they are, then under ThreadSanitizer and AddressSanitizer. With NAME, only those whose name contains it. Ends with
# one line "ran: ...", and shows the rest of what was said when something failed. SATCHEL_SWIFT_SANITIZERS: which ones
# ("none thread address"). SATCHEL_NIGHTLY=1: in full size.
set -euo pipefail
root=$1 build=$2; shift 2
cd "$(dirname "$(readlink -f "$0")")/../.."
filters=(); for name in "$@"; do filters+=(--filter "$name"); done
. tools/swift/settings.sh
# The engine is compiled without a sanitizer. Of what happens inside it ThreadSanitizer sees the locks, but not the atomics.
settings+=(SATCHEL_CENTRE="$source/$build/bin/satchel-test-centre" SATCHEL_EXAMPLES="$source/build/swift/examples/debug"
          SATCHEL_TRUSTED=/etc/ssl/certs/ca-certificates.crt SATCHEL_NIGHTLY="${SATCHEL_NIGHTLY:-}"
          TSAN_OPTIONS="halt_on_error=0:exitcode=66:ignore_noninstrumented_modules=1"
          ASAN_OPTIONS="detect_leaks=1:leak_check_at_exit=0:detect_stack_use_after_return=0")
mkdir -p platform/apple/Tests/SatchelTests/Generated
"$build/bin/satchel" codegen swift --schema schema/satchel-domain.json --package Care \
  --output platform/apple/Tests/SatchelTests/Generated/Care.swift
build_examples "$root"
status=0 ran=()
for sanitizer in ${SATCHEL_SWIFT_SANITIZERS:-none thread address}; do
  options=(--scratch-path "build/swift/$sanitizer")
  [[ $sanitizer == none ]] || options+=("--sanitize=$sanitizer")
  log=build/swift/$sanitizer.log start=$SECONDS failed=0
  echo "satchel: Swift's tests ($sanitizer) ..." >&2
  tools/swift/in-root.sh "$root" env "${settings[@]}" SATCHEL_SANITIZER="$sanitizer" \
    swift test --package-path platform/apple "${options[@]}" "${filters[@]}" >"$log" 2>&1 || failed=1
  echo "satchel: Swift's tests ($sanitizer): $((SECONDS - start)) s" >&2
  # The tests ask for leaks themselves, while XCTest still holds what it never frees.
  [[ $sanitizer != address || ${#filters[@]} -gt 0 ]] || grep -q '^LeakSanitizer was asked' "$log" || failed=1
  grep -qE 'WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer' "$log" && failed=1
  # Test by test: who crashes does not come to the sum.
  declare -A count=()
  for how in passed failed skipped; do count[$how]=$(grep -cE "^Test Case '.*' $how \(" "$log") || true; done
  [[ $((count[passed] + count[failed])) -gt 0 ]] || failed=1
  if [[ $failed -ne 0 ]]; then
    grep -vE "^Test Case .* (started|passed)|^Test Suite|^\[[0-9]+/[0-9]+\]" "$log" >&2 || true
    status=1
  fi
  [[ $sanitizer == none ]] && with= || with=" (${sanitizer^}Sanitizer)"
  ran+=("${count[passed]} tests passed, ${count[failed]} failed, ${count[skipped]} skipped$with")
done
version=$(tools/swift/in-root.sh "$root" swift --version 2>/dev/null | sed -n 's/^Swift version \([0-9.]*\).*/\1/p')
echo "ran: Swift $version, XCTest: $(IFS=';'; echo "${ran[*]}" | sed 's/;/; /g')"
exit "$status"
