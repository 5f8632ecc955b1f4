#!/usr/bin/env bash
# summarise-tests.sh PRESET LOG: shows what failed and why something was skipped, and ends with the one line that counts.
set -euo pipefail
preset=$1 log=$2
total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$log" | tail -n 1)
if [[ -z $total ]]; then cat "$log"; echo "satchel: the tests did not run" >&2; exit 1; fi
failed=$(sed -n 's/.* \([0-9]*\) tests failed out of .*/\1/p' "$log" | tail -n 1)
skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
if [[ $failed -gt 0 ]]; then
  grep -vE '^ *(Start|[0-9]+/[0-9]+ Test.* Passed )' "$log"
fi
if [[ $skipped -gt 0 ]]; then
  echo "skipped, with the reason:"
  awk '/^test cases:|^=+$/ { next } /explicitly skipped|SKIPPED:/ { want = 3 } want-- > 0 { print "  " $0 }' \
    "build/$preset/Testing/Temporary/LastTest.log" | grep -vE '^ *$|explicitly' || true
fi
echo "tier $preset: ran:"
# "group: name" is how a test is called; what is not C++ says itself what it ran.
sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([a-z ]+): .* Passed .*/\1/p' "$log" | sort | uniq -c |
  awk '{ n = $1; $1 = ""; printf "%s%s %d", (NR == 1 ? "  " : ","), $0, n } END { print "" }'
sed -n 's/^ran: /  /p' "build/$preset/Testing/Temporary/LastTest.log"
echo "tier $preset: slowest:"
grep -oE 'Test +#[0-9]+: .* [0-9.]+ sec' "$log" | sed -E 's/Test +#[0-9]+: (.*) \.+ *[*A-Za-z]* +([0-9.]+) sec/\2 s  \1/' |
  sort -rn | awk 'NR <= 5 { print "  " $0 }'  # not head: a closed pipe would fail the script
echo "$((total - failed - skipped)) passed, $failed failed, $skipped skipped"
