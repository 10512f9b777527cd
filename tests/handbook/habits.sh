set -euo pipefail
# shellcheck disable=SC2046
trap 'builtin kill $(jobs -p) 2>/dev/null || true; wait' EXIT
server=
# Where pieces of ca.json go on a page without a CA.
export STEPPATH=$PWD/paper

# What follows is printed by block $1.
begin() {
  block=$1
  echo "$1" >"$BLOCKS/at"
  exec >"$BLOCKS/$1.printed" 2>&1
}

is_as_expected() {
  compare-output "$BLOCKS/$block.expected" "$BLOCKS/$block.printed"
}

# The last command of a block ended with $1, which is not success.
in_vain() {
  [ "$1" != 0 ] || { echo "(this was expected to fail)"; exit 1; }
}

# A person looks again. But not for ever.
until_expected() {
  for _ in $(seq 100); do
    try >"$BLOCKS/$block.printed" 2>&1 || true
    is_as_expected && return
    sleep 0.1
  done
  return 1
}

# A person sees that a server is there before typing on.
settle() {
  [ "${!:-}" != "$server" ] || return 0
  server=$!
  until grep -q 'Stop with Ctrl-C' "$LAB/ca.log"; do
    builtin kill -0 "$server"
    sleep 0.05
  done
}

# ... and that it has reloaded, or says why not.
reloads() {
  grep -c -e ' reloaded ' -e ' ERROR ' "$LAB/ca.log" || true
}

kill() {
  local before
  before=$(reloads)
  builtin kill "$@"
  if [ "$1" = -HUP ]; then
    while [ "$(reloads)" = "$before" ]; do sleep 0.05; done
  fi
}
