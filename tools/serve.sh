#!/usr/bin/env bash
# serve.sh BIN [ARGS...]: a central store on this machine for trying out. Its files stay in .run/centre; a second start
# goes on with them. ARGS go to `satchel-server serve`.
set -euo pipefail
bin=$1; shift
data=.run/centre
if [[ ! -f $data/server.json ]]; then
  mkdir -p .run
  "$bin/satchel-server" init --data "$data" --org north
fi
cat >&2 <<TXT

In another terminal, in this directory:
  export PATH="\$PWD/$bin:\$PATH"
then go on with README.md, "Two tablets and a centre by hand". Ctrl-C here stops the centre.

TXT
exec "$bin/satchel-server" serve --data "$data" "$@"
