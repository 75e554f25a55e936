#!/bin/sh
# Builds and runs the tests, for root or a user with sudo. Installs the Debian packages that are missing. Left to
# .ci/run: that each header compiles by itself, the week of a fleet, and that the check of the rooms goes red.
#   tests/run.sh [CMAKE_OPTION...]       for example: tests/run.sh -DCMAKE_CXX_STANDARD=20
# Environment: BUILD_DIR (default: build/tests), CXX (default: g++)
set -eu
cd "$(dirname "$0")/.."

. cmake/debian-packages.sh
case $(cat /etc/debian_version 2>/dev/null) in # a server of each kind
12*) redis=redis-server ;;
*) redis=valkey-server ;;
esac
install_missing ca-certificates catch2 cmake g++ libcli11-dev libcpp-httplib-dev libcurl4-openssl-dev \
  libhiredis-dev libnghttp2-dev libssl-dev ninja-build nginx-light nlohmann-json3-dev $redis

build=${BUILD_DIR:-build/tests}
echo "Building the tests in $build"
# No build type: the assertions stay in, and nothing compiles faster. Several files at once take half the time.
cmake -S . -B "$build" -G Ninja -DCMAKE_CXX_COMPILER="${CXX:-g++}" -DMOVIO_EXHIBITOR_BUILD_TESTS=ON \
  -DCMAKE_UNITY_BUILD=ON "$@"
cmake --build "$build"
exec ctest --test-dir "$build" --output-on-failure --no-tests=error --label-exclude ci_only \
  --parallel "$(nproc)"
