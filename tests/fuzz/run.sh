#!/bin/sh
# Fuzzes the JSON scanner and the reader of records, for root or a user with sudo. Installs the Debian packages that are
# missing. What it finds is left in build/fuzz, and is the exit code.
#   tests/fuzz/run.sh [SECONDS] [LIBFUZZER_OPTION...]       for a minute by default
set -eu
seconds=${1:-60}
[ $# = 0 ] || shift
cd "$(dirname "$0")/../.."

. cmake/debian-packages.sh
install_missing clang nlohmann-json3-dev

mkdir -p build/fuzz/corpus
clang++ -std=c++17 -O1 -g1 -Iinclude -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
  tests/fuzz/json_scan_fuzz.cpp -o build/fuzz/json_scan_fuzz
split -l 1 tests/fuzz/seeds.ndjson build/fuzz/corpus/seed.
grep -oh '"[A-Za-z_]*"' include/movio/exhibitor/records/*.hpp >build/fuzz/words # random bytes would hardly form them
exec build/fuzz/json_scan_fuzz -max_total_time="$seconds" -max_len=2048 -timeout=5 -dict=build/fuzz/words \
  -artifact_prefix=build/fuzz/ "$@" build/fuzz/corpus
