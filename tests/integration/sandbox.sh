# Sourced by tests that have the sandbox program's path in $sandbox: starts it with a folder of its own, $work, and reads
# what a client needs to reach it. Both are gone at the end.

work=$(mktemp -d)
pid=
clean_up() {
  [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

"$sandbox" --env-file "$work/env" >"$work/log" 2>&1 &
pid=$!
tries=0
until [ -s "$work/env" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { cat "$work/log"; exit 1; }
  sleep 0.1
done
. "$work/env"
