#!/bin/sh
# What a release needs beyond .ci/run: the soak and the hammer for a long time, here also under sanitizers and on Debian
# 13 plain, the fleet in days of a minute, the fuzzers, and the README's two commands on Debian 12, 13 and sid, as root
# and as a user with sudo. Takes hours.
#   tests/release.sh [SECONDS]      of each soak and hammer; default: 600
# For root, on a Debian. A system that tests/on_debian.sh left in build/ is used again: delete it for a fresh one.
set -eu
cd "$(dirname "$0")/.."

EXHIBITOR_SOAK_SECONDS=${1:-600}
EXHIBITOR_HAMMER_SECONDS=$EXHIBITOR_SOAK_SECONDS
export EXHIBITOR_SOAK_SECONDS EXHIBITOR_HAMMER_SECONDS

echo "== every source file by itself"
sh tests/run.sh -DCMAKE_UNITY_BUILD=OFF

echo "== a fleet of processes shares its tokens, in days of a minute"
EXHIBITOR_FLEET_DAY_SECONDS=60 build/tests/tests/exhibitor_integration_tests '[fleet]'

echo "== what reads the input of others, fuzzed for a minute each"
sh tests/fuzz/run.sh 60

. cmake/debian-packages.sh
install_clang
for preset in dev asan tsan; do
  echo "== soak and hammer for a long time: $preset"
  cmake --preset "$preset" -DCMAKE_UNITY_BUILD=ON
  cmake --build --preset "$preset"
  "build/$preset/tests/exhibitor_integration_tests" '[soak],[token_hammer]'
done

for release in bookworm trixie sid; do
  for user in '' --user; do
    echo "== the README's commands on $release $user"
    sh tests/on_debian.sh $user "$release" sh examples/quickstart.sh
    sh tests/on_debian.sh $user "$release" sh tests/run.sh
  done
done
echo "== soak and hammer for a long time: Debian 13"
sh tests/on_debian.sh trixie env EXHIBITOR_SOAK_SECONDS="$EXHIBITOR_SOAK_SECONDS" \
  EXHIBITOR_HAMMER_SECONDS="$EXHIBITOR_HAMMER_SECONDS" \
  build/tests/tests/exhibitor_integration_tests '[soak],[token_hammer]'
echo "all passed"
