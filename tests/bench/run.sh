#!/bin/sh
# Measures what a hit of TokenProvider::token() costs, beside other ways to share a token (see token_hit.cpp), for root
# or a user with sudo. Wants an idle machine. Installs the Debian packages that are missing.
#   tests/bench/run.sh [ARGUMENT...]     of Google Benchmark, for example: --benchmark_repetitions=51
# The instructions of a hit, after that: in the second command's answer, divide the first number by the calls "(...x)"
# in its line. The system's clock is not in it, since valgrind makes a system call of it.
#   LD_BIND_NOW=1 valgrind --tool=callgrind --callgrind-out-file=build/hit.out build/bench/tests/bench/token_hit \
#     --benchmark_filter=token_provider/threads:1 --benchmark_min_time=0.01
#   callgrind_annotate --tree=both --inclusive=yes build/hit.out | grep -B1 '\*  .*token_hit.cpp:.*hit_once<'
set -eu
cd "$(dirname "$0")/../.."

. cmake/debian-packages.sh
install_missing ca-certificates catch2 cmake g++ libbenchmark-dev libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev \
  libssl-dev ninja-build nlohmann-json3-dev

cmake --preset bench
cmake --build --preset bench --target token_hit
exec build/bench/tests/bench/token_hit --benchmark_enable_random_interleaving=true --benchmark_repetitions=21 \
  --benchmark_min_time=0.1 "$@"
