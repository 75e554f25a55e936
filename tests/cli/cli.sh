# Sourced by the tests of the command line, which are called with EXHIBITOR and EXHIBITOR_SANDBOX: a sandbox to talk to,
# and ways to run and judge the program. Everything that is printed is kept in $work/everything.

if [ $# -ne 2 ] || [ ! -x "$1" ] || [ ! -x "$2" ]; then
  echo "usage: $0 EXHIBITOR EXHIBITOR_SANDBOX" >&2
  exit 2
fi
. "$(dirname "$0")/../support/judge.sh"

exhibitor=$1
sandbox=$2
unset MOVIO_CLIENT_ID MOVIO_CLIENT_SECRET MOVIO_REGION MOVIO_CA_FILE SSL_CERT_FILE
MOVIO_TOKEN_STORE=none
export MOVIO_TOKEN_STORE
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

work=$(mktemp -d) || exit 1
sandbox_pid=
stop_sandbox() {
  [ -n "$sandbox_pid" ] || return 0
  kill -CONT "$sandbox_pid" 2>/dev/null
  kill "$sandbox_pid" 2>/dev/null
  wait "$sandbox_pid" 2>/dev/null
  sandbox_pid=
}
clean_up() {
  stop_sandbox
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
umask 077

# What must never be seen again.
secret='planted s3cret+%&='

# What the API says may hold personal data, and is told on purpose: it is no part of what must not be seen.
keep_output() {
  cat "$work/out" >>"$work/everything"
  grep -v '^exhibitor: the API says' "$work/err" >>"$work/everything"
}
input=/dev/null # its standard input
# run ARGUMENT...: leaves the exit code in $code and the output in $work/out and $work/err
run() {
  code=0
  "$exhibitor" "$@" >"$work/out" 2>"$work/err" <"$input" || code=$?
  keep_output
}
# call ARGUMENT...: the same, on the sandbox
call() { run --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" "$@"; }

# One line, but for what the API says.
one_line_of() {
  [ "$(grep -vc '^exhibitor: the API says' "$work/err")" -eq 1 ] && grep -q "^exhibitor: $1: ." "$work/err"
}
succeeded() { [ "$code" -eq 0 ] && [ ! -s "$work/err" ]; }
failed_as() { [ "$code" -eq "$1" ] && one_line_of "$2"; }
out_is() { [ "$(cat "$work/out")" = "$1" ]; }
out_has() { grep -Eq "$1" "$work/out"; }
out_lacks() { ! grep -Eq "$1" "$work/out"; }
err_has() { grep -Eq "$1" "$work/err"; }
err_lacks() { ! grep -Eq "$1" "$work/err"; }
show() { sed 's/^/#   /' "$work/out" "$work/err"; }

# works DESCRIPTION ARGUMENT...
works() {
  description=$1
  shift
  call "$@"
  judge "$description" succeeded || show
}
# fails CODE KIND DESCRIPTION ARGUMENT...
fails() {
  expected=$1 kind=$2 description=$3
  shift 3
  call "$@"
  judge "$description" failed_as "$expected" "$kind" || show
}
# refuses DESCRIPTION ARGUMENT...: without the sandbox's URLs
refuses() {
  description=$1
  shift
  run "$@"
  judge "refuses $description" failed_as 2 invalid_argument || show
}

# terminal COMMAND: runs it on a pseudo-terminal, with what it shows in $work/screen; false where that is impossible
terminal() {
  script -qec true /dev/null >/dev/null 2>&1 </dev/null || return 1
  script -qec "$1" "$work/screen" >/dev/null 2>&1 </dev/null
  return 0
}

load_env() {
  set -a
  # shellcheck source=/dev/null
  . "$work/env"
  set +a
}
# While $work/answer is there, it is what the API answers.
answer() { # STATUS BODY [HEADER]: the latter two with escapes, as of printf's %b
  printf '%s\nContent-Type: application/json\n%b\n%b' "$1" "${3:+$3\n}" "$2" >"$work/answer.new"
  mv "$work/answer.new" "$work/answer"
}
start_sandbox() {
  rm -f "$work/env"
  "$sandbox" --issuer-port 0 --api-port 0 --client-secret "$secret" --env-file "$work/env" --answer "$work/answer" "$@" >"$work/log" 2>&1 &
  sandbox_pid=$!
  tries=0
  until [ -s "$work/env" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$sandbox_pid" 2>/dev/null; then
      echo "not ok - the sandbox starts"
      cat "$work/log"
      exit 1
    fi
    sleep 0.1
  done
  load_env
}
