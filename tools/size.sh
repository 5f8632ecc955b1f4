#!/usr/bin/env bash
# tools/size.sh MAP LIBRARY: what of a library for a phone is ours and what came with it, in bytes that are loaded, from the
# map of GNU ld: the sections of code and data that were kept, by the file they came from.
set -euo pipefail
map=$1 library=$2
awk '
  # An input section is " .name address size file"; after a long name the rest is on the next line.
  /^Linker script and memory map/ { started = 1; next }
  !started || NF == 0 { next }
  /^[^ ]/ { loaded = ($1 ~ /^\.(text|rodata|data|data\.rel\.ro|eh_frame|gcc_except_table|init_array|fini_array|bss|init|fini|tbss|tdata)$/) }
  /^ \.[^ ]+$/ { getline rest; $0 = $0 " " rest }
  loaded && /^ / {
    for (i = 1; i <= 2; ++i) {
      if ($i !~ /^0x/ || $(i + 1) !~ /^0x/ || $(i + 2) !~ /^[^ ]*[.\/]/) continue
      if ($i !~ /^0x0+$/) sum[of($(i + 2))] += number($(i + 1))
      break
    }
  }
  function of(file) {
    if (file ~ /libzstd\.a/) return "zstd"
    if (file ~ /libgcc|\/[SM]?crt[^\/]*\.o$/) return "compiler"
    return "ours"
  }
  function number(hex,   i, n) {
    n = 0
    for (i = 3; i <= length(hex); ++i) n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
  }
  END { for (name in sum) print name, sum[name] }' "$map" >"$map.sums"
value() { awk -v name="$1" '$1 == name { found = $2 } END { print found + 0 }' "$map.sums"; }
total=$(aarch64-linux-gnu-size "$library" | awk 'NR == 2 { print $4 }')
ours=$(value ours) zstd=$(value zstd)
[[ $ours -gt 0 && $zstd -gt 0 ]] || { echo "satchel: $map is not the map of this library" >&2; exit 1; }
foreign=$(aarch64-linux-gnu-nm -D --defined-only "$library" | awk '$3 !~ /^satchel_/' | wc -l)
printf '%-28s %10s  %s\n' what bytes 'to reach'
printf '%-28s %10d  %s\n' 'our own objects' "$ours" 'under 1200000' zstd "$zstd" '' \
  "the linker's tables" $((total - ours - zstd)) '' 'all that is loaded' "$total" 'under 2000000' \
  'exported that is not ours' "$foreign" 0
