# Sourced from the repository's root by what unpacks a Debian beside the one that is installed: nothing of this machine changes.
. tools/setup.sh

# unpack_debian DIR SUITES PACKAGES OPTION...: into DIR, from the mirror that this machine's apt uses; the first of SUITES is what
# it is. OPTIONs are mmdebstrap's. Once: a DIR that is whole and has all of the packages is left alone.
unpack_debian() {
  local directory=$1 suites packages=$3 source mode=unshare lines=() suite
  read -ra suites <<<"$2"; shift 3
  [[ -f $directory/.whole && $(<"$directory/.whole") == "$packages" ]] && return 0
  source=$(debian_source bookworm /etc/apt)
  [[ -n $source ]] || { echo "satchel: found no Debian mirror in this machine's apt sources" >&2; exit 1; }
  command -v mmdebstrap >/dev/null || { echo "satchel: needs mmdebstrap, which ./run installs" >&2; exit 1; }
  rm -rf --one-file-system "$directory"
  mkdir -p "$(dirname "$directory")"
  [[ $(id -u) -ne 0 ]] || mode=root
  for suite in "${suites[@]}"; do lines+=("deb $source $suite main"); done
  mmdebstrap --quiet --mode="$mode" --include="${packages// /,}" "$@" "${suites[0]}" "$directory" "${lines[@]}" >&2
  echo "$packages" >"$directory/.whole"
}
