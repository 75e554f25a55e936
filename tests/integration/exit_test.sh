#!/bin/sh
# exit_test.sh EXIT_PROGRAM SANDBOX [TIMES]: a process that exits in the midst of its calls comes to its own end, neither
# crashing nor hanging.
# Environment: EXHIBITOR_EXIT_FORKS=no leaves out the processes that fork, which no sanitizer of GCC 12 or clang 14 can do
# while other threads run.
set -eu
program=$1
sandbox=$2
times=${3:-5}
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" # what a call still holds at exit is left to the system
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

. "$(dirname "$0")/sandbox.sh"
export MOVIO_CLIENT_ID MOVIO_CLIENT_SECRET MOVIO_ISSUER_URL MOVIO_API_URL MOVIO_CA_FILE

failures=0
forks='fork fork_at_once'
[ "${EXHIBITOR_EXIT_FORKS:-yes}" = yes ] || forks=
for way in idle blocking async everything exit_in_completion last_client slow_thread slow_thread_of_last_client $forks; do
  bad=0
  round=0
  while [ "$round" -lt "$times" ]; do
    round=$((round + 1))
    timeout -k 1 60 "$program" "$way" 2>>"$work/errors" || bad=$((bad + 1))
  done
  if [ "$bad" -eq 0 ]; then
    echo "ok - $way"
  else
    echo "FAILED - $way: $bad of $times"
    failures=$((failures + 1))
  fi
done
cat "$work/errors"
[ "$failures" -eq 0 ]
