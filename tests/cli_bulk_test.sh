#!/bin/sh
# Runs upload, delete --ids and subscriptions against the sandbox. Usage: cli_bulk_test.sh EXHIBITOR EXHIBITOR_SANDBOX
set -u
. "$(dirname "$0")/cli.sh"

# What must never be seen again, but in the rejects file.
email='planted.person@example.org'
member='planted-member-id-7'

# members COUNT [FIRST]: as many lines
members() {
  seq "${2:-1}" "$((${2:-1} + $1 - 1))" |
    sed 's/.*/{"member_id":"m&","gender":"FEMALE","status":"ACTIVATED","first_name":"Ana\\u00efs"}/'
}
# count_is NAME NUMBER: in the last line on standard output
count_is() { tail -n 1 "$work/out" | grep -Eq "\"$1\": ?$2[,}]"; }

# --- What is refused before anything is sent --------------------------------------------------------------------------

members 3 >"$work/three"
refuses "an upload of nothing" --region eu upload members
refuses "an unknown resource" --region eu upload boats "$work/three"
refuses "a journal for standard input" --region eu upload members - --journal "$work/j"
for number in 0 5001 -1 x 1.5 ''; do
  refuses "--batch-size '$number'" --region eu upload members "$work/three" --batch-size "$number"
done
refuses "a journal without a name" --region eu upload members "$work/three" --journal ''
refuses "--in-flight 0" --region eu upload members "$work/three" --in-flight 0
refuses "--max-rejects -1" --region eu upload members "$work/three" --max-rejects -1
echo "[]" >"$work/none"
for id in "$(printf 'm\377')" a/../b; do
  refuses "an id that no path can hold" --region eu delete members "$id"
  refuses "the same of subscriptions" --region eu subscriptions "$id" "$work/none"
done
refuses "an id together with --ids" --region eu delete members a --ids "$work/three"
refuses "neither id nor --ids" --region eu delete members
refuses "a journal for a single deletion" --region eu delete members a --journal "$work/j"
run --region eu upload members "$work/nowhere"
judge "an input that is not there is a storage error" failed_as 7 storage || show
run --region eu upload members "$work"
judge "a directory is a storage error" failed_as 7 storage || show
run upload --help
judge "--help says that an absent field is erased" out_has 'absent is erased'

# --- Uploads ----------------------------------------------------------------------------------------------------------

start_sandbox
works "upload loads a file" upload members "$work/three"
judge "its last line is one JSON object with all counts" out_has \
  '^\{"total":3,"created_count":3,"updated_count":0,"rejected_count":0,"retried":0,"batches":1,"seconds":[0-9.e-]+,"resumed":0\}$'
input=$work/three
works "upload reads standard input" upload members -
input=/dev/null
judge "and updates what is there" count_is updated_count 3
works "upload splits into batches" upload members "$work/three" --batch-size 2 --in-flight 1
judge "and counts them" count_is batches 2
: >"$work/empty"
works "an empty file is an upload of nothing" upload members "$work/empty"
printf '\357\273\277{"film_id":"f1","title":"a"}\r\n\r\n{"film_id":"f2","title":"b"}' >"$work/odd"
works "a byte-order mark, CRLF, blank lines and a last line without an end are accepted" upload films "$work/odd"
judge "and both are there" count_is created_count 2

{
  members 2
  printf '{"member_id":"%s","gender":"ODD","status":"ISSUED","email":"%s"}\n' "$member" "$email"
  printf '{"member_id":"%s","gender":"MALE","status":7,"email":"%s"}\n' "$member" "$email"
  members 2
} >"$work/mixed"
call upload members "$work/mixed" --no-progress --rejects "$work/rejects"
judge "bad records end in 5" test "$code" -eq 5 || show
judge "which names their lines and the rejects file" grep -q '^exhibitor: rejected: .*: 2 (line [34], [34]).*rejects$' "$work/err"
judge "and what was superseded" grep -q '2 (line 1 by 5, 2 by 6)$' "$work/err"
judge "the others get through" count_is updated_count 2
judge "the rejects file has a line for each" test "$(grep -c '' "$work/rejects")" -eq 2
judge "with number, id, reason and record" grep -q \
  "^{\"line\":4,\"id\":\"$member\",\"messages\":\[\"status must be a string\"\],\"record\":\"{" "$work/rejects"
judge "also of what the API has refused" grep -q '^{"line":3,.*"messages":\["[^"]*gender must be one of' "$work/rejects"
judge "only its owner can read it" test "$(stat -c %a "$work/rejects")" = 600
cp "$work/mixed" "$work/kept"
for option in --rejects --journal; do
  call upload members "$work/mixed" --no-progress "$option" "$work/mixed"
  judge "the input cannot be its own $option" test "$code" -eq 7
  judge "and is left as it was" cmp -s "$work/mixed" "$work/kept"
done

# --- Journals ---------------------------------------------------------------------------------------------------------

works "upload with a journal" upload members "$work/three" --journal "$work/journal"
works "a finished journal is replaced" upload members "$work/three" --journal "$work/journal"
judge "and nothing is resumed" count_is resumed 0
rm "$work/journal"
members 100000 >"$work/many"
lines_in() { cat "$1" 2>/dev/null | grep -c ''; }
for signal in INT TERM KILL; do
  before=$(lines_in "$work/journal")
  # In the background a shell lets SIGINT be ignored.
  env --default-signal=INT "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" upload members \
    "$work/many" --batch-size 100 --in-flight 2 --journal "$work/journal" >"$work/out" 2>"$work/err" &
  upload_pid=$!
  tries=0
  until [ "$(lines_in "$work/journal")" -gt $((before + 3)) ] || [ "$tries" -gt 600 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  kill -s "$signal" "$upload_pid"
  code=0
  wait "$upload_pid" || code=$?
  if [ "$signal" != KILL ]; then
    judge "$signal ends an upload as cancelled" test "$code" -eq 130 || show
    judge "and prints what is known" count_is rejected_count 0
  fi
  judge "$signal leaves a journal with something done" grep -q ' accepted=[1-9]00 ' "$work/journal"
done
fails 7 storage "another input's journal is refused" upload members "$work/three" --journal "$work/journal"
fails 7 storage "another resource's journal is refused" upload films "$work/many" --journal "$work/journal"
works "the upload goes on where it was" upload members "$work/many" --journal "$work/journal" --no-progress
judge "and counts the whole file" count_is total 100000
judge "most of which is new" count_is rejected_count 0
judge "and says how many were done before" out_has '"resumed":[1-9][0-9]+00\}'
judge "the journal holds no record" test "$(grep -c 'Ana' "$work/journal")" -eq 0
code=0
"$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" upload members "$work/three" \
  --journal /proc/nowhere >"$work/out" 2>"$work/err" || code=$?
judge "a journal that cannot be written is a storage error" test "$code" -eq 7 || show

# --- Deletions and subscriptions --------------------------------------------------------------------------------------

seq 1 20000 | sed 's/^/m/' >"$work/ids"
works "twenty thousand members are deleted in one command" delete members --ids "$work/ids" --in-flight 16 \
  --journal "$work/deleted" --no-progress
judge "all of them" count_is total 20000
works "and once more, as what is not there is done" delete members --ids "$work/three"
printf '%s\n' m20001 >"$work/ids"
input=$work/ids
works "ids from standard input" delete members --ids -
input=/dev/null
judge "which was read" count_is total 1
fails 5 not_found "which are gone then" delete members m20001

printf '[{"category_id":"news","channel":"EMAIL","state":"SUBSCRIBED"}]' >"$work/subscriptions.json"
works "subscriptions are replaced" subscriptions m30000 "$work/subscriptions.json"
judge "and nothing is printed" test ! -s "$work/out"
fails 5 not_found "subscriptions of nobody" subscriptions "$member" "$work/subscriptions.json"
printf '[{"category_id":"news"}]' >"$work/subscriptions.json"
fails 2 invalid_argument "subscriptions that cannot be right" subscriptions m30000 "$work/subscriptions.json"
judge "with the field that is wrong" grep -q 'subscriptions\[0\].channel is required' "$work/err"

# --- A terminal, and nothing personal ---------------------------------------------------------------------------------

if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
  script -qec "'$exhibitor' --issuer-url $MOVIO_ISSUER_URL --api-url $MOVIO_API_URL upload members $work/many" \
    "$work/typescript" >/dev/null 2>&1 </dev/null
  judge "a terminal sees a bar" grep -q '#\.*\] [0-9]* records read, ' "$work/typescript"
else
  echo "ok - a terminal sees a bar # skipped: script(1) does not work here"
fi
judge "no output holds an email address" test "$(grep -Fc "$email" "$work/everything")" -eq 0
judge "no output holds a member's id" test "$(grep -Fc "$member" "$work/everything")" -eq 0
judge "no output holds the secret" test "$(grep -Fc "$secret" "$work/everything")" -eq 0

echo
if [ "$failures" -ne 0 ]; then
  echo "$failures failed"
  exit 1
fi
echo "all passed"
