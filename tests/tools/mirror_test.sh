#!/usr/bin/env bash
# mirror_test.sh SOURCE_DIR: what tools/setup.sh reads out of apt's settings.
set -euo pipefail
. "$1/tools/setup.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect WHAT WANTED GOT
expect() {
  if [[ $2 != "$3" ]]; then echo "$1: wanted '$2', got '$3'" >&2; failures=$((failures + 1)); fi
}

fresh() { rm -rf "$work/apt"; mkdir -p "$work/apt/sources.list.d"; }

fresh
echo 'deb http://mirror.test/debian bookworm main' >"$work/apt/sources.list"
expect "old style" "http://mirror.test/debian" "$(debian_source bookworm "$work/apt")"
has_suite bookworm-backports "$work/apt" && expect "no backports" no yes

fresh
cat >"$work/apt/sources.list" <<'T'
# deb http://old.test/debian bookworm main
# deb http://old.test/debian bookworm-backports main
deb [arch=amd64 signed-by=/k.gpg] http://kept.test/debian bookworm main contrib
T
expect "options are kept, comments are not" "[arch=amd64 signed-by=/k.gpg] http://kept.test/debian" "$(debian_source bookworm "$work/apt")"
has_suite bookworm-backports "$work/apt" && expect "a comment is no backports" no yes

fresh
cat >"$work/apt/sources.list.d/debian.sources" <<'T'
Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm

Suites: bookworm bookworm-updates
Types: deb
# a comment inside
URIs: http://new.test/debian
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://new.test/debian
Suites: bookworm-backports
Components: main
T
expect "new style, any order, not the disabled one" \
  "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://new.test/debian" "$(debian_source bookworm "$work/apt")"
has_suite bookworm-backports "$work/apt" || expect "backports are there" yes no

fresh
expect "nothing there" "" "$(debian_source bookworm "$work/apt")"
[[ $failures -eq 0 ]]
