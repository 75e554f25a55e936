#!/bin/sh
# Runs the command line with a token store in a directory: how many tokens it costs, what lies on the disk, and what
# becomes of it when processes are killed. Usage: cli_token_store_test.sh EXHIBITOR EXHIBITOR_SANDBOX
set -u
. "$(dirname "$0")/cli.sh"

secret='planted s3cret+%&= of more than thirty-two bytes'
unset MOVIO_TOKEN_STORE
XDG_CACHE_HOME=$work/cache
export XDG_CACHE_HOME
store=$work/cache/movio-exhibitor

# minted_in FILE...: how many tokens these runs fetched from the issuer
minted_in() { cat "$@" | grep -c '^exhibitor: event: token_minted '; }
loaded() { err_has '^exhibitor: event: token_loaded .* origin=file '; }
minted() { [ "$(minted_in "$work/err")" -eq 1 ]; }
lacks_planted() { ! grep -raq -e 'planted' -e "$MOVIO_CLIENT_ID" -e "$shown" "$1"; }

refuses "an unknown token store" --region eu --token-store memory token
refuses "a token store without a directory" --region eu --token-store file: token
refuses "a Redis with a password in its URL" --region eu --token-store "redis://:$secret@h" token
judge "and keeps it back" err_lacks "$secret"
refuses "a Redis that is none" --region eu --token-store redis://h:x token
refuses "an empty token store" --region eu --token-store '' token
refuses "to forget without a store" --region eu --token-store none token --forget
refuses "--all without --forget" --region eu token --all
refuses "--forget with --show" --region eu token --forget --show

start_sandbox

# --- One token for many runs ------------------------------------------------------------------------------------------

call --verbose token
judge "the first run fetches a token" minted || show
for number in 1 2 3; do
  call --verbose token
  judge "run $number after it takes that one" loaded || show
done
works "and says nothing about it" token
call --verbose request PUT /cinemas --data '[{"cinema_id": "c1", "name": "One", "timezone": "Pacific/Auckland"}]'
judge "other commands take it, too" loaded || show
shown=$("$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" token --show |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/')
judge "the store has one entry and one lock" test "$(ls "$store" | wc -l)" -eq 2
judge "the directory is for this user only" test "$(stat -c %a "$store")" = 700
judge "and so are its files" test "$(stat -c %a "$store"/*.token)" = 600
judge "no secret, id or token lies in it" lacks_planted "$store"
call --verbose --scope other token
judge "another scope has no part in it" err_lacks token_loaded
call --verbose --token-store none token
judge "a store can be left out" minted || show
MOVIO_TOKEN_STORE=file:$work/elsewhere call --verbose token
judge "a store can be elsewhere" minted || show
judge "and then is there" test -d "$work/elsewhere"

# --- Forgetting -------------------------------------------------------------------------------------------------------

works "token --forget removes the entry" token --forget
judge "and prints nothing" test ! -s "$work/out"
call --verbose token
judge "so that the next run fetches a token" minted || show
MOVIO_CLIENT_SECRET="another $secret" call token --forget
call --verbose token
judge "another secret's entry is another's" loaded || show
works "token --forget --all removes every entry" token --forget --all
judge "and every file" test -z "$(ls "$store")"
works "forgetting what is not there is no failure" token --forget

# --- check ------------------------------------------------------------------------------------------------------------

works "check works without an entry" check
judge "and says so" out_has "^ok +store: $store holds no token of these credentials\$"
call token
call --verbose check
judge "check asks the issuer although a token is kept" minted || show
judge "and tells of the one that is kept" out_has "^ok +store: $store holds a token, fingerprint [0-9a-f]{8}, for another [0-9]+ s\$"

# --- Without a place --------------------------------------------------------------------------------------------------

notes() { [ "$(grep -c '^exhibitor: goes on without the token store: ' "$work/err")" -eq 1 ]; }
goes_on() { [ "$code" -eq 0 ] && notes && [ "$(grep -c '' "$work/err")" -eq 1 ]; }
(
  unset XDG_CACHE_HOME HOME
  call token
  goes_on
)
judge "without a home it goes on, and says so once" test $? -eq 0
XDG_CACHE_HOME=$work/env call token
judge "where nothing can be written, too" goes_on || show
chmod 755 "$store"
call token
judge "and where others can read" goes_on || show
judge "with what to do about it" err_has "mend it with .chmod 700 $store"
chmod 700 "$store"
MOVIO_CLIENT_SECRET=short call token
judge "and with a secret that can be guessed" notes || show

# --- Redis ------------------------------------------------------------------------------------------------------------

# A port that nobody listens on is found by trying.
start_redis() {
  for redis_port in 16379 16380 16381 16382 16383; do
    "$1" --port $redis_port --bind 127.0.0.1 --save '' --dir "$work" --requirepass "$secret" >"$work/redis.log" 2>&1 &
    redis_pid=$!
    tries=0
    until grep -q 'Ready to accept connections' "$work/redis.log"; do
      tries=$((tries + 1))
      [ "$tries" -lt 100 ] && kill -0 "$redis_pid" 2>/dev/null || continue 2
      sleep 0.1
    done
    return 0
  done
  return 1
}
start_redis "$(command -v redis-server || command -v valkey-server)"
judge "a Redis starts" test $? -eq 0 || cat "$work/redis.log"
MOVIO_TOKEN_STORE=redis://127.0.0.1:$redis_port/2
export MOVIO_TOKEN_STORE
call token
judge "without the password it goes on" goes_on || show
judge "and says what is missing" err_has 'NOAUTH; give it the user and password'
printf '%s\n' "$secret" >"$work/password"
MOVIO_REDIS_PASSWORD=$secret call --verbose token
judge "the first run over Redis fetches a token" minted || show
MOVIO_REDIS_PASSWORD_FILE=$work/password call --verbose token
judge "the second one takes it" err_has '^exhibitor: event: token_loaded .* origin=redis ' || show
MOVIO_REDIS_PASSWORD=$secret call check
judge "check tells of it" out_has "^ok +store: the Redis at 127.0.0.1:$redis_port holds a token, fingerprint "
MOVIO_REDIS_PASSWORD=$secret call token --forget --all
judge "--all is not for Redis" failed_as 2 invalid_argument || show
MOVIO_REDIS_PASSWORD=$secret works "token --forget removes the entry" token --forget
MOVIO_REDIS_PASSWORD=$secret call --verbose token
judge "so that the next run fetches a token" minted || show
kill "$redis_pid"
wait "$redis_pid" 2>/dev/null
unset MOVIO_TOKEN_STORE

# --- Many at once -----------------------------------------------------------------------------------------------------

# at_once COUNT: so many runs, in $running, each with an outcome of its own in $work/many
at_once() {
  rm -rf "$work/many"
  mkdir "$work/many"
  running=
  for number in $(seq "$1"); do
    "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" --verbose token \
      >"$work/many/$number.out" 2>"$work/many/$number.err" &
    running="$running $!"
  done
}

works "the store is emptied" token --forget --all
at_once 64
failed=0
for run in $running; do wait "$run" || failed=$((failed + 1)); done
judge "64 runs with an empty store all have a token" test "$failed" -eq 0
judge "and one of them has fetched it" test "$(minted_in "$work/many"/*.err)" -eq 1

# A lock that is never released, as of a stopped process.
works "the store is emptied" token --forget
lock=$(ls "$store"/*.lock | head -n 1)
flock --close "$lock" sleep 30 >"$work/flock" 2>&1 & # its child does not have the lock
holder=$!
sleep 0.2
begun=$(date +%s)
call --verbose --timeout 10 token
judge "a lock that a stopped process holds keeps nobody from a token" minted || show
judge "within the deadline" test $(($(date +%s) - begun)) -le 10
kill "$holder"
wait "$holder" 2>/dev/null

# --- kill -9 ----------------------------------------------------------------------------------------------------------

broken=0
for round in $(seq 20); do
  call token --forget
  at_once 6
  sleep "0.0$(printf %02d $((round * 3)))"
  kill -9 $running
  wait $running
  call --verbose token
  [ "$code" -eq 0 ] || broken=$((broken + 1))
  call --verbose token
  loaded || broken=$((broken + 1))
done 2>/dev/null
judge "whenever runs are killed, the next one has a token, and the one after it shares it" test "$broken" -eq 0
judge "nothing planted is in the store in the end" lacks_planted "$store"
judge "nothing planted was printed" lacks_planted "$work/everything"

[ "$failures" -eq 0 ]
