#!/bin/sh
# Measures, for root or a user with sudo; wants an idle machine. Installs the Debian packages that are missing.
#   tests/bench/run.sh token_hit [ARGUMENT...]     what a hit of TokenProvider::token() costs, beside other ways to share
#                                                  a token
#   tests/bench/run.sh calls [ARGUMENT...]         what a call costs, beside raw libcurl and other HTTP libraries
#   tests/bench/run.sh instructions [REGEX]        the same in instructions, of the rows that the expression finds; by
#                                                  default the library's and raw libcurl's
#   tests/bench/run.sh profile [REGEX]             where they go: to which library, or which of our headers
#   tests/bench/run.sh bulk [OPTION...]            what an upload of a million records costs, beside a loop as anybody
#                                                  would write it and the limit; --help names the options
#   tests/bench/run.sh compile [REPETITIONS]       what compiling costs, beside a program by hand, and its targets
# Other arguments are Google Benchmark's, for example: --benchmark_filter='GET.*h2' --benchmark_repetitions=51
# The instructions of a token's hit: in the second command's answer, divide the first number by the calls "(...x)" in its
# line. The system's clock is not in it, since valgrind makes a system call of it.
#   LD_BIND_NOW=1 valgrind --tool=callgrind --callgrind-out-file=build/hit.out build/bench/tests/bench/token_hit \
#     --benchmark_filter=token_provider/threads:1 --benchmark_min_time=0.01
#   callgrind_annotate --tree=both --inclusive=yes build/hit.out | grep -B1 '\*  .*token_hit.cpp:.*hit_once<'
# Environment: BUILD_DIR: a build folder that is there already, to see whether they run; optimised is only the default's.
set -eu
what=${1:-}
case $what in
  token_hit | calls | bulk) target=$what ;;
  instructions | profile) target=calls ;;
  compile) target= ;;
  *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
shift
cd "$(dirname "$0")/../.."

. cmake/debian-packages.sh
if [ "$what" = compile ]; then
  install_missing g++ libcurl4-openssl-dev nlohmann-json3-dev time
  exec sh tests/bench/compile.sh "$@"
fi
install_missing ca-certificates catch2 cmake g++ libbenchmark-dev libcli11-dev libcpp-httplib-dev libcpprest-dev \
  libcurl4-openssl-dev libhiredis-dev libnghttp2-dev libpoco-dev libssl-dev nginx-light ninja-build nlohmann-json3-dev

build=${BUILD_DIR:-build/bench}
if [ -n "${BUILD_DIR:-}" ]; then cmake "$build"; else cmake --preset bench; fi
cmake --build "$build" --target "$target"

case $what in
  token_hit)
    exec "$build"/tests/bench/token_hit --benchmark_enable_random_interleaving=true --benchmark_repetitions=21 \
      --benchmark_min_time=0.1 "$@"
    ;;
  calls)
    exec "$build"/tests/bench/calls --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 \
      --benchmark_min_time=0.1 "$@"
    ;;
  bulk)
    exec "$build"/tests/bench/bulk "$@"
    ;;
esac

# Every row is a dump of its own, which has the row and its number of calls for a trigger.
install_missing valgrind
dumps=$(mktemp -d)
trap 'rm -rf "$dumps"' EXIT
valgrind -q --tool=callgrind --callgrind-out-file="$dumps/out" "$build"/tests/bench/calls \
  --benchmark_filter="${1:-(one after|64 in flight).*(raw libcurl|this library)}"

if [ "$what" = profile ]; then
  echo "Instructions of one call, all threads together, by what they were spent in"
  # The format: https://valgrind.org/docs/manual/cl-format.html
  awk '
    function named(kind, text) {  # "(3) name" the first time, then "(3)"
      id = FILENAME kind substr(text, 1, index(text, ")"))
      if (index(text, ") ")) names[id] = substr(text, index(text, ") ") + 2)
      return names[id]
    }
    function room() {
      if (match(file, /movio\/exhibitor\/.*/)) return substr(file, RSTART + 16)
      if (match(object, /lib[^\/]*\.so/)) return substr(object, RSTART, RLENGTH)
      return "the benchmark and the standard library"
    }
    sub(/^desc: Trigger: Client Request: /, "") { row = $0; calls = $0; sub(/\|[0-9]+$/, "", row); sub(/.*\|/, "", calls) }
    /^ob=/ { object = named("object", substr($0, 4)) }
    /^f[lie]=/ { file = named("file", substr($0, 4)) }
    /^cob=/ { named("object", substr($0, 5)) }
    /^cf[il]=/ { named("file", substr($0, 5)) }
    /^[-+*0-9]/ { if (!of_a_call) spent[row "|" room()] += $2 / calls }
    { of_a_call = /^calls=/ }
    END { for (key in spent) if (spent[key] >= 50) printf "%s|%.0f\n", key, spent[key] }
  ' "$dumps"/out.* | sort -t'|' -k1,3 -k5,5nr | awk -F'|' '
    { row = $1 "|" $2 "|" $3 }
    row != last { print row; last = row }
    { printf "  %9d  %s\n", $5, $4 }'
  exit
fi
echo "Instructions of one call, all threads together (divided by raw libcurl's)"
awk -F'|' '
  sub(/^desc: Trigger: Client Request: /, "") { group = $1 "|" $2; way = $3; calls = $4 }
  /^totals:/ && calls { split($0, number, " "); cost[group, way] = number[2] / calls; rows[group "|" way] = 1; calls = 0 }
  END {
    for (row in rows) {
      split(row, part, "|"); group = part[1] "|" part[2]; raw = cost[group, "raw libcurl"]
      printf "%-45s %9.0f %s\n", row, cost[group, part[3]], raw ? sprintf("(%.3f)", cost[group, part[3]] / raw) : ""
    }
  }' "$dumps"/out.* | sort
