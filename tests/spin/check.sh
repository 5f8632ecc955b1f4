#!/usr/bin/env bash
# check.sh WORK [--small | --story NAME]: runs the model in this folder with Spin; what it makes goes to the folder WORK.
#
# The protocol as it is has to hold in each of the worlds below, every state of it looked at; each broken one has to be
# found, by the property that it breaks. Anything else, also a search that did not come to its end, is a failure.
#   --small       the quickest of them, for every ./run test
#   --story NAME  the shortest way to the error of a broken one, told step by step
# Exit status 4: there is no spin or no gcc here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
memory_mb=3500
optimise=-O1  # building the checker takes as long as a small search

# name | safety or progress | macros
holds='
network          | safety   | WORDS_A=2 WORDS_B=1
crash            | safety   | WORDS_A=2 WORDS_B=1 CRASHES=1
small-answers    | safety   | WORDS_A=2 WORDS_B=1 CRASHES=1 SPLIT=1 LATE=0
restore          | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1
quiet-restore    | safety   | WORDS_A=2 WORDS_B=0 BACKUPS=1 RESTORES=1 SPLIT=1 LATE=0
two-restores     | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=2 LATE=0
unnoticed        | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1 UNNOTICED=1
centre-writes    | safety   | WORDS_A=1 WORDS_B=0 WORDS_CENTRE=2 BACKUPS=1 RESTORES=1 LATE=0 IDS=5
refusals         | safety   | WORDS_A=2 WORDS_B=0 BAD=1 BACKUPS=1 RESTORES=1 LATE=0
put-back         | safety   | WORDS_A=2 WORDS_B=0 SAVES=2 PUTBACKS=2 SLOTS=5 TXS=6 IDS=8
copies           | safety   | WORDS_A=2 WORDS_B=1 SAVES=1 PUTBACKS=1 COPIED=2 LOSS=0 LATE=0 SLOTS=6 TXS=7 IDS=8
both-put-back    | safety   | WORDS_A=1 WORDS_B=1 SAVES=1 PUTBACKS=1 BACKUPS=1 RESTORES=1 LATE=0 SLOTS=5 TXS=6 IDS=8
both-saved       | safety   | WORDS_A=2 WORDS_B=1 SAVED=1 PUTBACKS=1 RESTORES=1 LOSS=0 LATE=0 SLOTS=6 TXS=7 IDS=8
network-ends     | progress | WORDS_A=2 WORDS_B=1 CRASHES=1 LATE=0
restore-ends     | progress | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1 LATE=0
unnoticed-ends   | progress | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1 UNNOTICED=1 LATE=0
both-end         | progress | WORDS_A=1 WORDS_B=1 SAVES=1 PUTBACKS=1 BACKUPS=1 RESTORES=1 LOSS=0 LATE=0 SLOTS=5 TXS=6 IDS=8
restores-end     | progress | WORDS_A=1 WORDS_B=0 BACKUPS=1 RESTORES=2 LATE=0
refusals-end     | progress | WORDS_A=2 WORDS_B=0 BAD=1 BACKUPS=1 RESTORES=1 LATE=0
put-back-ends    | progress | WORDS_A=2 WORDS_B=0 SAVES=1 PUTBACKS=1 LATE=0 SLOTS=5 TXS=6 IDS=8
'

# name: the macro that breaks it | mode | world | property that finds it: the inline in properties.pml or words in pan's
# message
broken='
CURSOR_BEFORE_DATA  | safety   | WORDS_A=1 WORDS_B=1                                         | holds_together
ACK_BEFORE_COMMIT   | safety   | WORDS_A=1 WORDS_B=0 CRASHES=1                               | answered_is_here
LEDGER_APART        | safety   | WORDS_A=1 WORDS_B=0 CRASHES=1                               | stands_once
GAP_IS_REFUSAL      | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1                    | one_verdict
HASH_IGNORED        | safety   | WORDS_A=2 WORDS_B=0 SAVES=1 PUTBACKS=1 SLOTS=5 TXS=6 IDS=8  | one_verdict
EMPTIED_AT_VERDICT  | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1                    | check_rest
QUIET_IS_KEPT       | safety   | WORDS_A=2 WORDS_B=0 BACKUPS=1 RESTORES=1 SPLIT=1 LATE=0     | check_rest
FOLD_TO_HEAD        | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1                    | apply_page
NO_NEW_EPOCH        | safety   | WORDS_A=1 WORDS_B=1 BACKUPS=1 RESTORES=1                    | note_envelope
CENTRE_KEEPS_NAME   | safety   | WORDS_A=1 WORDS_B=0 WORDS_CENTRE=2 BACKUPS=1 RESTORES=1 LATE=0 IDS=5 | check_rest
OWN_OFFERS_ONLY     | safety   | WORDS_A=1 WORDS_B=0 SAVES=1 PUTBACKS=1 BACKUPS=1 RESTORES=1 LATE=0 SLOTS=5 TXS=6 IDS=8 | check_rest
REISSUE_RANDOM      | safety   | WORDS_A=2 WORDS_B=0 SAVES=2 PUTBACKS=2 LATE=0 SLOTS=5 TXS=6 IDS=8 | stands_once
CONTENT_NOT_ASKED   | safety   | WORDS_A=2 WORDS_B=0 BAD=1 BACKUPS=1 RESTORES=1 LATE=0       | check_rest
NO_HISTORY          | progress | WORDS_A=1 WORDS_B=0 BACKUPS=1 RESTORES=2 LATE=0             | non-progress cycle
APART_TAKEN         | safety   | WORDS_A=2 WORDS_B=1 SAVED=1 PUTBACKS=1 RESTORES=1 LOSS=0 LATE=0 SLOTS=6 TXS=7 IDS=8 | past_was_seen
FORK_FORGOTTEN      | safety   | WORDS_A=2 WORDS_B=1 SAVED=1 PUTBACKS=1 RESTORES=1 LOSS=0 LATE=0 SLOTS=6 TXS=7 IDS=8 | past_was_seen
BASES_KEPT          | safety   | WORDS_A=2 WORDS_B=1 SAVED=1 PUTBACKS=1 RESTORES=1 LOSS=0 LATE=0 SLOTS=6 TXS=7 IDS=8 | check_rest
'
small_holds='
network          | safety   | WORDS_A=1 WORDS_B=1
restore          | safety   | WORDS_A=1 WORDS_B=0 BACKUPS=1 RESTORES=1
put-back         | safety   | WORDS_A=2 WORDS_B=0 SAVES=1 PUTBACKS=1 LATE=0 SLOTS=5 TXS=6 IDS=8
'
small_broken='LEDGER_APART CURSOR_BEFORE_DATA NO_HISTORY'

for tool in spin gcc; do
  command -v "$tool" >/dev/null || { echo "SKIPPED: there is no $tool here; ./run model installs it"; exit 4; }
done
work=${1:?a folder for what is made here}; shift
mkdir -p "$work"
work=$(cd "$work" && pwd)
passed=0 failed=0

# make NAME MODE COMPILE-OPTIONS MACROS...: the checker of one world, in $work/NAME.
make() {
  local folder=$work/$1 mode=$2 options=$3; shift 3
  [[ $mode == progress ]] && options+=" -DNP" && set -- "$@" PROGRESS=1
  [[ $mode == safety ]] && options+=" -DSAFETY"
  rm -rf "$folder"; mkdir -p "$folder"
  # shellcheck disable=SC2086  # options are words
  (cd "$folder" && spin -a "${@/#/-D}" "$here/sync.pml" >spin.log 2>&1 &&
    gcc $optimise -w -DVECTORSZ=2048 -DMEMLIM=$memory_mb $options -o pan pan.c) || { cat "$folder/spin.log" >&2; return 1; }
}

# Where in the model the assertion of the last error stands: the inline that it is in.
broken_property() {
  local line; line=$(cd "$1" && spin -t -k sync.pml.trail "${@:2}" "$here/sync.pml" 2>/dev/null |
    sed -n 's/^spin: .*\/\([a-z]*\.pml\):\([0-9]*\), Error: assertion violated.*/\1 \2/p' | head -n 1)
  [[ -n $line ]] || return 0
  head -n "${line#* }" "$here/${line% *}" | sed -n 's/^inline \([a-z_]*\)(.*/\1/p' | tail -n 1
}

report() {  # pass or fail, then words
  if [[ $1 == pass ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  printf '%-6s %s\n' "$1" "$2"
}

# run_world NAME MODE EXPECTED MACROS...: EXPECTED empty: holds.
run_world() {
  local name=$1 mode=$2 expected=$3; shift 3
  local folder=$work/$name log=$work/$name/pan.log found=() states
  make "$name" "$mode" "" "$@" || { report fail "$name: the model does not build"; return; }
  [[ $mode == progress ]] && found=(-l)
  (cd "$folder" && ./pan -m100000 -n "${found[@]}") >"$log" 2>&1 || true
  states="$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$log") states"
  local errors; errors=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' "$log")
  if grep -qE 'search depth too small|out of memory|max.*exceeded' "$log" || [[ -z $errors ]]; then
    report fail "$name ($mode): the search did not come to its end, see $log"; return
  fi
  if [[ -z $expected ]]; then
    if [[ $errors == 0 ]]; then report pass "holds: $name ($mode), all of $states; $*"
    else report fail "does not hold: $name ($mode); $*; see $log"; fi
    return
  fi
  local by=none
  if [[ $errors != 0 ]]; then
    by=$(sed -n 's/^pan:1: \(non-progress cycle\).*/\1/p' "$log")
    [[ -n $by ]] || by=$(broken_property "$folder" "${@/#/-D}")
  fi
  if [[ $by == "$expected" ]]; then report pass "found: $name ($mode), by $by"
  else report fail "$name ($mode): to be found by $expected, but found by $by"; fi
}

# each TABLE WHAT...: calls WHAT with the columns of each row, without blanks around them.
each() {
  local table=$1 row columns; shift
  while IFS= read -r row; do
    [[ -n $row ]] || continue
    IFS='|' read -r -a columns <<<"$row"
    "$@" "$(xargs <<<"${columns[0]}")" "$(xargs <<<"${columns[1]}")" "$(xargs <<<"${columns[2]}")" "$(xargs <<<"${columns[3]:-}")"
  done <<<"$table"
}

# shellcheck disable=SC2086  # macros are words
run_held() { run_world "$1" "$2" "" $3; }
# shellcheck disable=SC2086
run_broken() {
  [[ ${only:-$1} == *"$1"* ]] || return 0
  run_world "$1" "$2" "$4" $3 "$1=1"
}

# The shortest error: a search that goes no deeper than the last error that it found, as far down as a story is readable.
# shellcheck disable=SC2086
tell() {
  [[ $1 == "$story" ]] || return 0
  local folder=$work/$1 search=(-i -m80) options=-DREACH defines=($3 "$1=1")
  [[ $2 == progress ]] && search=(-l -m100000) && options='' && defines+=(PROGRESS=1)
  make "$1" "$2" "$options" $3 "$1=1"
  (cd "$folder" && ./pan -n "${search[@]}" >pan.log 2>&1) || true
  echo "$1 in the world $3, found by $4:"
  (cd "$folder" && spin -t -k sync.pml.trail -T "${defines[@]/#/-D}" "$here/sync.pml") |
    grep -E '^ *(tablet|centre|answer|the file|<<<<<START|spin: .*(Error|text of))' | grep -vE ' = [0-9]+$'
}

case ${1:-} in
  --story)
    story=${2:-}; names=$(sed -n 's/^\([A-Z_]*\) .*/\1/p' <<<"$broken")
    grep -qxF -- "$story" <<<"$names" || { echo "check.sh: no broken variant '$story'; there are: ${names//$'\n'/ }" >&2; exit 2; }
    each "$broken" tell; exit ;;
  --small) optimise=-O0; each "$small_holds" run_held; only=$small_broken; each "$broken" run_broken ;;
  '') each "$holds" run_held; each "$broken" run_broken ;;
  *) echo "check.sh: unknown option '$1'" >&2; exit 2 ;;
esac
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
