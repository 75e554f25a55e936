#!/bin/sh
# What compiling against the library costs, beside the same program by hand; see run.sh. CPU seconds and peak memory,
# medians of REPETITIONS (default: 5), and the ratio to what the target is given in. Exits with 1 beyond a target.
#   tests/bench/compile.sh [REPETITIONS]         CXX: the compiler (default: g++)
set -eu
cd "$(dirname "$0")/../.."
repetitions=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '#include <curl/curl.h>\n#include <nlohmann/json.hpp>\n' >"$work/two_includes.cpp"
echo '#include <movio/exhibitor.hpp>' >"$work/include.cpp"
awk '/^```cpp/ { inside = 1; next } /^```/ { if (inside) exit } inside' README.md >"$work/program.cpp"
cp tests/bench/compile/by_hand.cpp "$work/by_hand.cpp"

# measure NAME FILE FLAG...
measure() {
  name=$1
  file=$2
  shift 2
  command time -f '%U %S %M' -o "$work/time" "${CXX:-g++}" -std=c++17 -Iinclude "$@" -c "$work/$file.cpp" -o "$work/out.o"
  awk '{ print $1 + $2, $3 / 1024 }' "$work/time" >>"$work/$name.times"
}

separate=-DMOVIO_EXHIBITOR_SEPARATE_COMPILATION
for _ in $(seq "$repetitions"); do # all in turn, so that a slow moment of the machine touches all
  measure two_includes two_includes -O0
  measure include_compiled include -O0 $separate
  measure include_headers include -O0
  for level in O0 O2; do
    measure by_hand_$level by_hand -$level
    measure use_compiled_$level program -$level $separate
    measure use_headers_$level program -$level
  done
done

median() { sort -n "$work/$1.times" | awk '{ v[NR] = $1; m[NR] = $2 } END { i = int((NR + 1) / 2); print v[i], m[i] }'; }
failed=0
# row LABEL NAME BASE TARGET
row() {
  set -- "$1" "$2" "$3" "$4" $(median "$2") $(median "$3")
  awk -v label="$1" -v target="$4" -v s="$5" -v m="$6" -v base="$7" 'BEGIN {
    printf "%-44s %6.2f s %5.0f MB   %.2f", label, s, m, s / base
    if (target != "-") printf "   at most %s", target
    print ""
    exit target != "-" && s / base > target }' || failed=1
}
row "libcurl and nlohmann_json included" two_includes two_includes -
row "compiled library, included" include_compiled two_includes 0.8
row "header-only, included" include_headers two_includes 3
for level in O0 O2; do
  row "by hand, -$level" by_hand_$level by_hand_$level -
  row "README's program, compiled library, -$level" use_compiled_$level by_hand_$level 0.6
  if [ $level = O0 ]; then target=3; else target=3.5; fi
  row "README's program, header-only, -$level" use_headers_$level by_hand_$level $target
done
exit $failed
