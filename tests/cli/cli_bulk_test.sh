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
# number NAME: in the last line on standard output
number() { tail -n 1 "$work/out" | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"; }
# Every record that was read has one of the fates.
adds_up() {
  [ "$(number total)" -eq $(($(number accepted_count) + $(number superseded_count) + $(number rejected_count) + \
    $(number absent_count) + $(number not_sent_count))) ]
}
count_is() { [ "$(number "$1")" = "$2" ]; }

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
for option in --rejects --journal; do
  refuses "a dash for $option" --region eu upload members "$work/three" "$option" -
  judge "and says why" err_has 'each need a FILE of their own; - does not name one'
  judge "and makes no such file" test ! -e ./-
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
  '^\{"total":3,"accepted_count":3,"superseded_count":0,"rejected_count":0,"absent_count":0,"not_sent_count":0,"created_count":3,"updated_count":0,"retried":0,"batches":1,"seconds":[0-9.e-]+,"resumed":0\}$'
input=$work/three
works "upload reads standard input" upload members -
input=/dev/null
judge "and updates what is there" count_is updated_count 3
works "upload splits into batches" upload members "$work/three" --batch-size 2 --in-flight 1
judge "and counts them" count_is batches 2
: >"$work/empty"
printf '\n\r\n  \n' >"$work/blank"
for file in empty blank; do
  call upload members "$work/$file"
  judge "an $file file is an upload of nothing" test "$code" -eq 0 || show
  judge "which is said" test "$(cat "$work/err")" = 'exhibitor: the input holds no records'
  judge "and counts nothing" count_is total 0
done
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
judge "the numbers add up" adds_up
judge "the first reasons are told" grep -q '^exhibitor: line 3 was rejected: .*gender must be one of' "$work/err"
judge "also of what was never sent" grep -qx 'exhibitor: line 4 was rejected: status must be a string' "$work/err"
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
members 50000 >"$work/many"
lines_in() { cat "$1" 2>/dev/null | grep -c ''; }
for signal in INT TERM HUP KILL; do
  before=$(lines_in "$work/journal")
  # In the background a shell lets SIGINT be ignored, and nohup SIGHUP.
  env --default-signal=INT,HUP "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" upload members \
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
    judge "and its numbers add up" adds_up || show
    judge "some of them of records without an answer" test "$(number not_sent_count)" -gt 0 || show
  fi
  judge "$signal leaves a journal with something done" grep -q ' accepted=[1-9]00 ' "$work/journal"
done
kill_when_begun() { # what `nohup` starts: SIGHUP is nothing to it
  tries=0
  until [ "$(lines_in "$work/nohup")" -gt 3 ] || [ "$tries" -gt 600 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  kill -s HUP "$1"
}
env --ignore-signal=HUP "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" upload members \
  "$work/many" --batch-size 100 --in-flight 2 --journal "$work/nohup" --no-progress >"$work/out" 2>"$work/err" &
upload_pid=$!
kill_when_begun "$upload_pid"
code=0
wait "$upload_pid" || code=$?
judge "SIGHUP that is ignored ends nothing" succeeded || show
judge "all is uploaded" count_is accepted_count 50000
fails 7 storage "another input's journal is refused" upload members "$work/three" --journal "$work/journal"
fails 7 storage "another resource's journal is refused" upload films "$work/many" --journal "$work/journal"
works "the upload goes on where it was" upload members "$work/many" --journal "$work/journal" --no-progress
judge "and counts the whole file" count_is total 50000
judge "most of which is new" count_is rejected_count 0
judge "and says how many were done before" out_has '"resumed":[1-9][0-9]+00\}'
judge "the journal holds no record" test "$(grep -c 'Ana' "$work/journal")" -eq 0
code=0
"$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" upload members "$work/three" \
  --journal /proc/nowhere >"$work/out" 2>"$work/err" || code=$?
judge "a journal that cannot be written is a storage error" test "$code" -eq 7 || show

# --- What the API says ------------------------------------------------------------------------------------------------

answer 403 '{"message":"Tenant \0302\0233 is suspended"}'
call upload members "$work/three" --no-progress
judge "an upload that the API does not allow fails" test "$code" -eq 3 || show
judge "its numbers add up" adds_up
judge "all are to be sent again" count_is not_sent_count 3
judge "which is said" grep -q '^exhibitor: records that were not sent or not answered: 3 of 3 ' "$work/err"
judge "with what the API says" grep -qx 'exhibitor: the API says: Tenant   is suspended' "$work/err" || show
answer 422 "\"No \\\\u202egender\\\\u009b$(printf 'x%.0s' $(seq 500))\""
members 8 >"$work/eight"
call upload members "$work/eight" --no-progress
judge "records that the API refuses one by one are rejected" test "$code" -eq 5 || show
judge "their numbers add up" adds_up
judge "all are rejected" count_is rejected_count 8
judge "the first are told of" test "$(grep -c '^exhibitor: line [1-5] was rejected: ' "$work/err")" -eq 5 || show
judge "no others" test "$(grep -c ' was rejected: ' "$work/err")" -eq 5 || show
judge "with the reason, cleaned and bounded" grep -Eq 'line 1 was rejected: (HTTP 422: )?No  gender x+\.\.\.$' "$work/err" || show
rm "$work/answer"

# --- Deletions and subscriptions --------------------------------------------------------------------------------------

seq 1 20000 | sed 's/^/m/' >"$work/ids"
works "twenty thousand members are deleted in one command" delete members --ids "$work/ids" --in-flight 16 \
  --journal "$work/deleted" --no-progress
judge "all of them" count_is total 20000
judge "none of them is called absent" count_is absent_count 0

members 3 >"$work/three"
# deletes WHAT LINES DELETED ABSENT NOTE: from a file with just these lines, escapes as of printf's %b
deletes() {
  works "three members are there" upload members "$work/three"
  printf '%b' "$2" >"$work/ids"
  call delete members --ids "$work/ids"
  judge "a file of ids with $1 is read" test "$code" -eq 0 || show
  judge "what is there is deleted" count_is accepted_count "$3" || show
  judge "the others are absent" count_is absent_count "$4" || show
  judge "the numbers add up" adds_up || show
  if [ -n "$5" ]; then
    judge "and it is said: $5" grep -q -e "$5" "$work/err" || show
  else
    judge "without a word" test ! -s "$work/err" || show
  fi
}
deletes "no last line end" 'm1\nm2' 2 0 ''
deletes "blank lines" '\n\nm1\n  \n\nm2\n\n' 2 0 ''
deletes "CRLF" 'm1\r\n\r\nm2\r\n' 2 0 ''
deletes "a byte-order mark" '\0357\0273\0277m1\nm2\n' 2 0 ''
deletes "repeated ids" 'm1\nm2\nm1\nm1\n' 2 2 'ids that the API does not have: 2 of 4$'
deletes "a header" '\0357\0273\0277member_id\r\nm1\r\nm2\r\n' 2 1 \
  "ids that the API does not have: 1 of 3; the file's first line seems to be a header"
deletes "quotes" '"m1"\n"m2"\n' 0 2 'ids that the API does not have: 2 of 2; the file has quotes around its ids'
deletes "CSV" 'm1,Ana\nm2,Bea\n' 0 2 '2 of 2; the file seems to be CSV'
deletes "JSON" '{"member_id":"m1"}\n' 0 1 '1 of 1; the file seems to hold JSON'
deletes "blanks at the end" 'm1 \nm2 \n' 0 2 '2 of 2; the file has blanks around its ids'
deletes "capitals" 'M1\nM2\n' 0 2 'ids that the API does not have: 2 of 2; if that is a surprise, compare one with a record'
call delete members --ids "$work/empty"
judge "a deletion of nothing says so" grep -qx 'exhibitor: the input holds no records' "$work/err"
call delete members --ids "$work/three"
judge "what is not there is done" test "$code" -eq 0
printf '%s\n' m20001 >"$work/ids"
input=$work/ids
works "ids from standard input" delete members --ids -
judge "which was read" count_is total 1
call delete members --ids -
judge "where an absent one is told of as well" grep -qx 'exhibitor: ids that the API does not have: 1 of 1.*' "$work/err"
input=/dev/null
fails 5 not_found "which are gone then" delete members m20001

printf '[{"category_id":"news","channel":"EMAIL","state":"SUBSCRIBED"}]' >"$work/subscriptions.json"
works "subscriptions are replaced" subscriptions m30000 "$work/subscriptions.json"
judge "and nothing is printed" test ! -s "$work/out"
fails 5 not_found "subscriptions of nobody" subscriptions "$member" "$work/subscriptions.json"
printf '[{"category_id":"news"}]' >"$work/subscriptions.json"
fails 2 invalid_argument "subscriptions that cannot be right" subscriptions m30000 "$work/subscriptions.json"
judge "with the field that is wrong" grep -q 'subscriptions\[0\].channel is required' "$work/err"

# --- A terminal, and nothing personal ---------------------------------------------------------------------------------

members 20000 >"$work/many"
for columns in 30 60 80 200; do
  # The size is set on the other descriptor of the same terminal, as standard input is none.
  terminal "stty cols $columns <&1; exec '$exhibitor' --issuer-url $MOVIO_ISSUER_URL --api-url $MOVIO_API_URL upload \
    members $work/many" || {
    echo "ok - a terminal of $columns columns sees progress # skipped: script(1) does not work here"
    continue
  }
  tr '\r' '\n' <"$work/screen" | sed -n 's/^\x1b\[K\(.*read, .*\)/\1/p' >"$work/lines"
  judge "a terminal of $columns columns sees progress" test -s "$work/lines" || cat "$work/screen"
  judge "which fits" test "$(awk -v columns="$columns" 'length >= columns' "$work/lines" | grep -c '')" -eq 0
  [ "$columns" -lt 60 ] || judge "and has a bar" grep -Eq '^\[#*\.*\] [0-9]+ read, ' "$work/lines"
done
judge "no output holds an email address" test "$(grep -Fc "$email" "$work/everything")" -eq 0
judge "no output holds a member's id" test "$(grep -Fc "$member" "$work/everything")" -eq 0
judge "no output holds the secret" test "$(grep -Fc "$secret" "$work/everything")" -eq 0

echo
if [ "$failures" -ne 0 ]; then
  echo "$failures failed"
  exit 1
fi
echo "all passed"
