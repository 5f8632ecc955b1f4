# Sourced by ./run: installs what tools/packages.txt lists and is missing. Needs no root when all is there.

# The mirror that this machine already uses for Debian itself: old style (sources.list) or new (*.sources).
debian_mirror() {
  local url
  url=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    awk -v suite="$1" '$1 == "deb" { for (i = 2; i < NF; i++) if ($i ~ /:\// && $(i + 1) == suite) { print $i; exit } }')
  if [[ -z $url ]]; then
    url=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$1" '
      /^URIs:/ { uri = $2 }
      /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) { print uri; exit } }')
  fi
  echo "$url"
}

# Key that signs the mirror, where the machine's own entry names one.
debian_signed_by() {
  local key
  key=$(awk '/^Signed-By:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
  [[ -f $key ]] || key=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ -f $key ]] && echo "[signed-by=$key] "
  return 0
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else echo "satchel: installing packages needs root, and there is no sudo. As root: $*" >&2; exit 1; fi
}

missing_packages() {
  local package name
  grep -v '^#' tools/packages.txt | while read -r package; do
    name=${package#backports:}
    [[ -z $name ]] && continue
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) != installed ]] ||
      { [[ $name == catch2 ]] && dpkg --compare-versions "$(dpkg-query -W -f '${Version}' catch2)" lt 3; }; then
      echo "$package"
    fi
  done
}

setup() {
  local missing; missing=$(missing_packages)
  [[ -z $missing ]] && return 0
  command -v apt-get >/dev/null ||
    { echo "satchel: needs Debian 12 or later; missing: ${missing//$'\n'/ }" >&2; exit 1; }
  local codename; codename=$(. /etc/os-release; echo "${VERSION_CODENAME:-}")
  local backports; backports=$(sed -n 's/^backports://p' <<<"$missing")
  echo "satchel: installing: $(sed 's/^backports://' <<<"$missing" | tr '\n' ' ')" >&2
  if [[ -n $backports && $codename == bookworm ]] && ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
    local mirror; mirror=$(debian_mirror bookworm)
    [[ -n $mirror ]] || { echo "satchel: found no Debian mirror in this machine's apt sources" >&2; exit 1; }
    echo "satchel: adding bookworm-backports from this machine's own mirror, for: $(tr '\n' ' ' <<<"$backports")" >&2
    echo "deb $(debian_signed_by)$mirror bookworm-backports main" |
      as_root tee /etc/apt/sources.list.d/satchel-backports.list >/dev/null
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
