#!/bin/sh
# Fuzzes what reads the input of others: the JSON scanner and the reader of records, the entries of token stores, the
# replies of Redis. For root or a user with sudo. Installs the Debian packages that are missing. What it finds is left
# in build/fuzz, and is the exit code.
#   tests/fuzz/run.sh [SECONDS] [LIBFUZZER_OPTION...]       of each; a minute by default
set -eu
seconds=${1:-60}
[ $# = 0 ] || shift
cd "$(dirname "$0")/../.."

. cmake/debian-packages.sh
install_missing clang libhiredis-dev libssl-dev nlohmann-json3-dev

work=build/fuzz
mkdir -p $work/json_scan $work/stored_token $work/redis_reply
split -l 1 tests/fuzz/records.ndjson $work/json_scan/seed.
split -l 1 tests/fuzz/stored_tokens.ndjson $work/stored_token/seed.
number=0
while read -r reply; do
  number=$((number + 1))
  printf '%b' "$reply" >"$work/redis_reply/seed.$number"
done <tests/fuzz/redis_replies
# Random bytes would hardly form the names of fields.
grep -oh '"[A-Za-z_][A-Za-z_]*"' include/movio/exhibitor/records/*.hpp >$work/json_scan.words
grep -oh '"[A-Za-z_][A-Za-z_]*"' tests/fuzz/stored_tokens.ndjson >$work/stored_token.words
printf '%s\n' '"\\x0d\\x0a"' '"$-1"' '"*1"' >$work/redis_reply.words

# fuzz NAME LIBRARIES LIBFUZZER_OPTION...
fuzz() {
  name=$1
  libraries=$2
  shift 2
  echo "Fuzzing $name for $seconds s"
  clang++ -std=c++17 -O1 -g1 -Iinclude -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    "tests/fuzz/${name}_fuzz.cpp" -o "$work/${name}_fuzz" $libraries
  "$work/${name}_fuzz" -max_total_time="$seconds" -max_len=2048 -timeout=5 -dict="$work/$name.words" \
    -artifact_prefix=$work/ "$@" "$work/$name"
}

fuzz json_scan '' "$@"
fuzz stored_token -lcrypto "$@"
fuzz redis_reply -lhiredis "$@"
