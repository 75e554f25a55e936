#!/bin/sh
# Builds the examples, starts the sandbox (a local stand-in of Movio's issuer and API) and runs the main job against it.
# For root or a user with sudo; installs the Debian packages that are missing; can be run again.
set -eu
cd "$(dirname "$0")/.."

. cmake/debian-packages.sh
install_missing ca-certificates cmake g++ libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev libhiredis-dev libssl-dev \
  ninja-build nlohmann-json3-dev

work=$(mktemp -d)
sandbox=
clean_up() {
  [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

# --- The build --------------------------------------------------------------------------------------------------------

build=build/quickstart
echo "Building in $build (the first time takes about a minute)"
# Not optimised, and several files at once: what it does waits for the network anyway, and it compiles much faster.
{
  cmake -S . -B "$build" -G Ninja -DCMAKE_UNITY_BUILD=ON -DMOVIO_EXHIBITOR_BUILD_TESTS=OFF 2>&1 &&
    cmake --build "$build" --target exhibitor exhibitor-sandbox 2>&1 && : >"$work/built"
} | while IFS= read -r line; do
  printf '%s\n' "$line" >>"$work/build.log"
  [ ! -t 1 ] || printf '\r%-79.79s' "$line"
done
[ ! -t 1 ] || printf '\r%79s\r' ''
if [ ! -e "$work/built" ]; then
  cat "$work/build.log" >&2
  exit 1
fi
PATH=$PWD/$build/examples:$PATH

# --- The sandbox ------------------------------------------------------------------------------------------------------

exhibitor-sandbox --env-file "$work/env" >"$work/log" 2>&1 &
sandbox=$!
tries=0
until [ -s "$work/env" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 150 ] || ! kill -0 "$sandbox" 2>/dev/null; then
    echo "The sandbox did not start:" >&2
    cat "$work/log" >&2
    exit 1
  fi
  sleep 0.1
done
unset MOVIO_REGION # the sandbox is in none
set -a             # what a client needs, exported to it: both URLs, credentials, CA file
# shellcheck source=/dev/null
. "$work/env"
set +a
echo "The sandbox answers at $MOVIO_ISSUER_URL (issuer) and $MOVIO_API_URL (API)."

# --- The main job -----------------------------------------------------------------------------------------------------

shown=0
# run EXPECTED_EXIT_CODE ARGUMENT...: shows the command, runs it and holds it to its exit code
run() {
  expected=$1
  shift
  shown=$((shown + 1))
  printf '\n$ exhibitor'
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_/.:=-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  code=0
  exhibitor "$@" 2>&1 || code=$?
  if [ "$code" -ne "$expected" ]; then
    echo "This ended with exit code $code, and $expected was expected." >&2
    exit 1
  fi
  [ "$code" -eq 0 ] || echo "(exit code $code, as it should be)"
}

run 0 token
run 0 request PUT /cinemas --data '[{"cinema_id": "northcitymultiplex01", "name": "North City Multiplex",
  "timezone": "Pacific/Auckland", "tags": ["IMAX", "3D"]}]'
run 0 request PUT /films --data '[{"film_id": "captain_america-civil_war", "title": "Captain America: Civil War",
  "opening_date": "2024-08-06", "genres": ["Action", "Adventure"]}]'
run 0 request PUT /members --data '[{"member_id": "member1", "gender": "FEMALE", "status": "ACTIVATED"},
  {"member_id": "member2", "gender": "UNSPECIFIED", "status": "ISSUED"}]'
run 0 request PATCH /members/member1/subscriptions --data '[{"category_id": "newsletter", "channel": "EMAIL",
  "state": "SUBSCRIBED"}]'
run 0 delete films captain_america-civil_war

printf '\nA record with a gender that does not exist:\n'
run 5 request PUT /members --data '[{"member_id": "member3", "gender": "UNKNOWN", "status": "ISSUED"}]'

printf '\nA wrong secret (MOVIO_CLIENT_SECRET=wrong):\n'
export MOVIO_CLIENT_SECRET=wrong
run 3 token

cat <<END

Done: $shown commands, each with the outcome it should have. Every change went to the sandbox, which ends now.

What next, with the credentials of a client that you created in Movio EQ:
  export MOVIO_CLIENT_ID=... MOVIO_CLIENT_SECRET=...
  $build/examples/exhibitor --region eu check     # or --region us; writes nothing
  $build/examples/exhibitor --help
In a program: README.md.
END
