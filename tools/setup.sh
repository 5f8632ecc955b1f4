# Sourced by ./run: installs what a list of packages, tools/packages.txt if no other is named, has and this machine lacks.
# Needs no root when all is there.

# What this machine's apt already uses for Debian itself, as one line "OPTIONS URL": old style (sources.list) or new
# (*.sources). $1: suite; $2: directory of apt's settings.
debian_source() {
  local found
  found=$(cat_paragraphs "$2/sources.list" "$2"/sources.list.d/*.list | awk -v suite="$1" '
    $1 == "deb" {
      options = ""; i = 2
      if ($2 ~ /^\[/) { do { options = options (options == "" ? "" : " ") $i } while ($(i++) !~ /\]$/ && i <= NF) }
      if ($(i + 1) == suite) { print options " " $i; exit }
    }')
  if [[ -z $found ]]; then
    found=$(cat_paragraphs "$2"/sources.list.d/*.sources | awk -v suite="$1" -v RS= '
      {
        uri = key = ""; has = 0; enabled = 1
        for (i = 1; i <= split($0, lines, "\n"); i++) {
          n = split(lines[i], words, " ")
          if (words[1] == "URIs:") uri = words[2]
          if (words[1] == "Signed-By:" && words[2] ~ /^\//) key = words[2]
          if (words[1] == "Enabled:" && words[2] == "no") enabled = 0
          if (words[1] == "Suites:") for (k = 2; k <= n; k++) if (words[k] == suite) has = 1
        }
        if (has && enabled && uri != "") { print (key == "" ? "" : "[signed-by=" key "] ") uri; exit }
      }')
  fi
  sed 's/^ *//' <<<"$found"
}

# Files one after the other without comments, a blank line between them.
cat_paragraphs() {
  local file
  for file in "$@"; do
    if [[ -f $file ]]; then grep -v '^ *#' "$file" || true; echo; fi
  done
}

# Is there an entry for the suite that is not a comment? $1: suite; $2: directory of apt's settings.
has_suite() {
  [[ -n $(cat_paragraphs "$2/sources.list" "$2"/sources.list.d/*.list "$2"/sources.list.d/*.sources | grep -w "$1") ]]
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "satchel: installing packages needs root, and there is no sudo. As root: $*" >&2; exit 1; fi
}

# Those of which Debian 12 itself has one that does not do.
too_old() {
  local least
  case $1 in
    catch2) least=3 ;;
    libsqlcipher-dev) least=4.6 ;;
    *) return 1 ;;
  esac
  dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "$1")" lt "$least"
}

missing_packages() {
  local package name
  grep -v '^#' "$1" | while read -r package; do
    name=${package#backports:}
    [[ -z $name ]] && continue
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) != installed ]] || too_old "$name"; then
      echo "$package"
    fi
  done
}

setup() {
  local missing; missing=$(missing_packages "${1:-tools/packages.txt}")
  [[ -z $missing ]] && return 0
  command -v apt-get >/dev/null ||
    { echo "satchel: needs Debian 12; missing: ${missing//$'\n'/ }" >&2; exit 1; }
  local codename; codename=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
  local backports; backports=$(sed -n 's/^backports://p' <<<"$missing")
  echo "satchel: installing: $(sed 's/^backports://' <<<"$missing" | tr '\n' ' ')" >&2
  if [[ -n $backports && $codename == bookworm ]] && ! has_suite bookworm-backports /etc/apt; then
    local source; source=$(debian_source bookworm /etc/apt)
    [[ -n $source ]] || { echo "satchel: found no Debian mirror in this machine's apt sources" >&2; exit 1; }
    echo "satchel: adding bookworm-backports from this machine's own mirror, for: $(tr '\n' ' ' <<<"$backports")" >&2
    # "OPTIONS URL" becomes "deb OPTIONS URL suite component".
    echo "deb $source bookworm-backports main" | as_root tee /etc/apt/sources.list.d/satchel-backports.list >/dev/null
  fi
  local log; log=$(mktemp)
  install_packages "$missing" "$backports" "$codename" >"$log" 2>&1 ||
    { cat "$log" >&2; rm -f "$log"; echo "satchel: installing failed" >&2; exit 1; }
  rm -f "$log"
}

install_packages() {
  local plain; plain=$(grep -v '^backports:' <<<"$1" || true)
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends)
  as_root apt-get update
  # shellcheck disable=SC2086  # one word per package
  if [[ -n $plain ]]; then as_root "${apt[@]}" $plain; fi
  if [[ -n $2 ]]; then
    local from=(); [[ $3 == bookworm ]] && from=(-t bookworm-backports)
    # shellcheck disable=SC2086
    as_root "${apt[@]}" "${from[@]}" $2
  fi
}
