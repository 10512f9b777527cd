#!/usr/bin/env bash
# Runs the commands of README.md as they stand there.
#   readme.sh test   the block marked `test`
#   readme.sh run    the block marked `terminal-1` in the background, then `terminal-2`, in a home of their own
set -euo pipefail
cd "$(dirname "$0")/.."

# The lines of the fenced block that follows `<!-- $1 -->`.
block() {
  awk -v mark="<!-- $1 -->" '
    $0 == mark { found = 1; next }
    found && /^```/ { if (inside) exit; inside = 1; next }
    inside { print }' README.md
}

run_block() {
  local text
  text=$(block "$1")
  [ -n "$text" ] || { echo "README.md has no block marked $1" >&2; exit 1; }
  bash -euo pipefail -c "$text"
}

case "${1:-}" in
  test)
    run_block test
    ;;
  run)
    work=$(mktemp -d)
    # The commands of the README run in the clone; what they write lands in a folder of its own.
    export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
    export HOME=$work
    unset STEPPATH
    # Building first keeps the wait below short; it is what the block itself would do.
    cargo build --release --locked --bin step-ca --bin step
    terminal_1=$(block terminal-1)
    bash -c "exec $terminal_1" >"$work/terminal-1" 2>&1 &
    server=$!
    trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$work"; rm -f localhost.crt localhost.key' EXIT
    for _ in $(seq 300); do
      grep -q '^ *export STEPPATH=' "$work/terminal-1" && break
      kill -0 "$server" 2>/dev/null || { cat "$work/terminal-1"; echo "step-ca stopped" >&2; exit 1; }
      sleep 0.1
    done
    cat "$work/terminal-1"
    eval "$(grep -m1 '^ *export STEPPATH=' "$work/terminal-1")"
    run_block terminal-2
    kill "$server"
    wait "$server"
    trap 'rm -rf "$work"; rm -f localhost.crt localhost.key' EXIT
    ;;
  *)
    echo "usage: readme.sh test | run" >&2
    exit 1
    ;;
esac
