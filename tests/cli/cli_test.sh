#!/bin/sh
# Runs the command line against the sandbox and holds it to its interface: exit codes, forms of output, and that nothing
# secret or personal gets out. Usage: cli_test.sh EXHIBITOR EXHIBITOR_SANDBOX
set -u
. "$(dirname "$0")/cli.sh"

# What must never be seen again.
wrong_secret='planted-wrong-s3cret'
email='planted.person@example.org'
member='planted-member-id-7'
proxy_password='planted-proxy-pw'

# --- The command line itself ------------------------------------------------------------------------------------------

run --help
judge "--help prints to standard output" succeeded
judge "--help lists commands, exit codes and environment" out_has 'MOVIO_CLIENT_SECRET'
judge "--help tells the exit code of every kind" out_has '130 +cancelled'
run token --help
judge "--help works after a command" succeeded
run --version
judge "--version prints one line" out_has '^exhibitor [0-9]+\.[0-9]+\.[0-9]+$'

refuses "no command"
judge "and says so" err_has 'a command is missing; see exhibitor --help'
refuses "an unknown command" --region eu nonsense
run frobnicate
judge "an unknown command is named, and the commands are" grep -q \
  'there is no command "frobnicate"; the commands are token, request, upload, subscriptions, categories, delete, check; see exhibitor --help$' \
  "$work/err" || show
judge "and is a usage error" failed_as 2 invalid_argument
refuses "a mistyped command before an option" tokn --region eu
judge "and names it, and the nearest one" err_has 'no command "tokn" \(did you mean token\?\);'
refuses "a secret where a command belongs" "$secret"
judge "and keeps it back" err_has 'there is no command; the commands are'
refuses "an unknown short option" -r eu token
judge "and names it" err_has 'there is no option -r here;'
refuses "an unknown option of a command" --region eu token --nonsense x
judge "and names it" err_has 'there is no option --nonsense here;'
refuses "a mistyped option of a command" --region eu upload members x --batchsize 5
judge "and names it, and the nearest one" err_has 'there is no option --batchsize here \(did you mean --batch-size\?\);'
refuses "a number that is none" --region eu upload members x --in-flight "$secret"
judge "and names the option" err_has 'the value of the option --in-flight is not acceptable'
refuses "an unknown option" --region eu token --client-secret "$secret"
refuses "an unknown option with its value attached" --region eu token "--client-secret=$secret"
refuses "--show before its command" --region eu --show token
refuses "--show where it does not belong" --region eu check --show
refuses "a flag with a value" --region eu token "--show=$secret"
refuses "an option that is given twice" --region eu token --region us
refuses "an option without its value" token --region
refuses "a missing argument" --region eu delete members
refuses "an argument too many" --region eu delete members a b
refuses "an unknown resource" --region eu delete boats a
judge "and names it" err_has 'there is no resource "boats"; RESOURCE must be cinemas, '
refuses "an id where a resource belongs" --region eu delete "$member" a
judge "and keeps it back" err_has 'there is no resource; RESOURCE'
refuses "an empty id" --region eu delete members ''
refuses "an id that is a dot segment" --region eu delete members ..
refuses "no region" token
judge "and says what to do about it" grep -q -e '--region eu' "$work/err"
refuses "an unknown region" --region mars token
refuses "a region together with URLs" --region eu --issuer-url https://a.invalid --api-url https://b.invalid token
refuses "one URL alone" --issuer-url https://a.invalid token
refuses "plain http without the option" --issuer-url http://127.0.0.1:1 --api-url http://127.0.0.1:1 token
refuses "plain http beyond loopback" --allow-http --issuer-url http://a.invalid --api-url http://b.invalid token
for timeout in 0 -1 nan inf 1s 1e400 ''; do refuses "--timeout '$timeout'" --region eu --timeout "$timeout" token; done
refuses "an unknown way to authenticate" --region eu --client-auth digest token
refuses "two places of credentials" --region eu --credentials-file a --credentials-dir b token
refuses "access to files that are not named" --region eu --credentials-any-user token
refuses "an empty file name" --region eu --ca-file '' token
refuses "a body that is not JSON" --region eu request PUT /members --data "[{\"email\": \"$email\""
refuses "a path that is a URL" --region eu request GET https://a.invalid/
refuses "a path to another host" --region eu request GET //a.invalid/

MOVIO_REGION=mars
export MOVIO_REGION
refuses "an unknown MOVIO_REGION" token
MOVIO_REGION=EU
run token
judge "MOVIO_REGION names the region, and then credentials are missing" failed_as 3 credentials || show
judge "for which nobody asked to wait" err_lacks "it says"
unset MOVIO_REGION
run --region eu request PUT /members --data @"$work/nowhere"
judge "a file that is not there is a storage error" failed_as 7 storage || show

# --- The main job -----------------------------------------------------------------------------------------------------

start_sandbox

works "token gets a token" token
judge "token prints one JSON object on one line" out_has '^\{"fingerprint":"[0-9a-f]{8}","token_type":"Bearer","scope":"[^"]*","expires_at":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z","expires_in":[0-9]+\}$'
judge "and nothing else" test "$(grep -c '' "$work/out")" -eq 1
for style in basic post; do works "token --client-auth $style" token --client-auth "$style"; done
MOVIO_REGION=mars
works "URLs go before MOVIO_REGION" token
unset MOVIO_REGION

# The only output that may hold a token is kept apart from the others.
"$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" token --show --api-url "$MOVIO_API_URL" >"$work/shown" 2>&1
judge "token --show adds the access token" grep -Eq '"access_token":"[A-Za-z0-9_.-]+"\}$' "$work/shown"
fails 3 issuer_rejected "an unknown scope is the issuer's to refuse" token --scope "no:such:scope"

cinema='[{"cinema_id": "northcitymultiplex01", "name": "North City Multiplex", "timezone": "Pacific/Auckland"}]'
works "request prints the answer's body" request put /cinemas --data "$cinema"
judge "which is the upsert's receipt" out_has '"created_count": ?1'
printf '%s' "$cinema" >"$work/cinema.json"
works "request reads a file" request PUT /cinemas --data @"$work/cinema.json"
judge "and repeating it updates" out_has '"updated_count": ?1'
code=0
"$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" request PUT /cinemas --data @- \
  <"$work/cinema.json" >"$work/out" 2>"$work/err" || code=$?
judge "request reads standard input" succeeded || show
people="[{\"member_id\": \"$member\", \"gender\": \"FEMALE\", \"status\": \"ACTIVATED\", \"email\": \"$email\"}]"
works "request creates a member" request PUT /members --data "$people"
works "request changes subscriptions" request PATCH "/members/$member/subscriptions" \
  --data '[{"category_id": "news", "channel": "EMAIL", "state": "SUBSCRIBED"}]'
judge "an empty answer prints nothing" test ! -s "$work/out"
works "delete deletes" delete members "$member"
judge "and prints nothing" test ! -s "$work/out"
fails 5 not_found "delete reports a record that is not there" delete members "$member"
fails 5 not_found "delete takes any text for an id" delete members "a/b c%é?#"
fails 5 not_found "delete takes a command's name for an id" delete members token
fails 5 not_found "delete takes an id with a dash after --" delete members -- -x
fails 5 not_found "request reports a path that is not there" request GET /nowhere
people="[{\"member_id\": \"$member\", \"gender\": \"WRONG\", \"status\": \"ISSUED\", \"email\": \"$email\"}]"
fails 5 rejected "request reports a bad record" request PUT /members --data "$people"
fails 5 rejected "request reports an empty batch" request PUT /members --data '[]'

call --verbose request PUT /members --data "$people"
judge "--verbose tells of the token" grep -Eq '^exhibitor: event: token_minted fingerprint=[0-9a-f]{8} ' "$work/err"
judge "--verbose tells of the call" grep -q '^exhibitor: event: attempt_finished method=PUT route=/members ' "$work/err"
judge "--verbose adds events and nothing else" test "$(grep -vc '^exhibitor: \(event: \|the API says\)' "$work/err")" -eq 1
call --verbose delete members "$member"
judge "--verbose names the route without the id" grep -q 'route=/members/{id} ' "$work/err"

# --- What the API says ------------------------------------------------------------------------------------------------

# says TEXT: a line on standard error is just that
says() { grep -Fqx "exhibitor: the API says: $1" "$work/err"; }
fails 5 rejected "a refused record" request PUT /members --data "$people"
judge "is told of with what the API says" says "Bulk request failed: 1 of 1 are invalid"
judge "and with why it was refused" err_has '^exhibitor: the API says: .*gender must be one of'
for body in '"The birthday is bad"' '{"message":"The birthday is bad"}' '{"type":"about:blank","title":"The birthday is bad"}' \
  '{"title":"Bad","detail":"The birthday is bad"}'; do
  answer 422 "$body"
  fails 5 rejected "an answer that says $body" request PUT /members --data "$people"
  judge "is shown" says "The birthday is bad" || show
  fails 5 rejected "an answer to a deletion that says $body" delete members "$member"
  judge "is in the message" err_has '^exhibitor: rejected: .*HTTP 422 \(The birthday is bad\)'
  judge "and not told twice" err_lacks 'the API says'
done
answer 422 "{\"message\":\"$(printf 'x%.0s' $(seq 1000))\",\"entities\":[$(seq -s, 1 100)]}"
fails 5 rejected "an answer with much to say" request PUT /members --data "$people"
judge "is told in ten lines" test "$(grep -c '^exhibitor: the API says: ' "$work/err")" -eq 10
judge "which are bounded" err_has '^exhibitor: the API says: x{400}\.\.\.$'
judge "and how much more there is" err_has '^exhibitor: the API says more: 91 further reasons$'

# ESC and U+009B begin a terminal's commands; U+202E, U+2066 and U+061C turn the direction of writing; U+2028 ends a
# line; \377 is no UTF-8.
controls='\0302\0233\0342\0200\0256\0342\0201\0246\0330\0234\0342\0200\0250'
cleaned='a     b'
is_clean() { ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177\377]\|\302[\200-\237]\|\342\200[\250-\256]\|\342\201[\246-\251]\|\330\234')" "$1"; }
printf 'a\302\233b' >"$work/sample"
judge "controls would be found" test "$(is_clean "$work/sample" && echo clean)" = ''
answer 422 "{\"message\":\"a${controls}b\"}"
fails 5 rejected "an answer with control characters" request PUT /members --data "$people"
judge "is shown without them" says "$cleaned" || show
fails 5 rejected "control characters in a message" delete members "$member"
judge "are not there either" err_has "HTTP 422 \\($cleaned\\)" || show
answer 401 '{}' "WWW-Authenticate: Bearer error_description=\"a${controls}b\\0377\""
fails 3 unauthorized "control characters and what is no UTF-8 in a header" request PUT /members --data "$people"
judge "are not there either" is_clean "$work/err" || show
call --verbose request PUT /members --data "$people"
judge "nor in events" is_clean "$work/err" || show
answer 200 "{\"name\":\"a${controls}b\"}\n"
works "an answer's body" request GET /cinemas
judge "is printed as it is" cmp -s "$work/out" - <<END
$(sed '1,/^$/d' "$work/answer")
END
if terminal "'$exhibitor' --issuer-url $MOVIO_ISSUER_URL --api-url $MOVIO_API_URL request GET /cinemas"; then
  judge "but to a terminal without control characters" grep -q "{\"name\":\"$cleaned\"}" "$work/screen"
else
  echo "ok - but to a terminal without control characters # skipped: script(1) does not work here"
fi
answer 429 '{}' 'Retry-After: 7'
fails 6 rate_limited "an answer that names a time to wait" request PUT /members --data "$people" --timeout 2
judge "is told with it" err_has ' \(in 7 s, it says\)' || show
rm "$work/answer"

# --- Where credentials come from --------------------------------------------------------------------------------------

client=$MOVIO_CLIENT_ID
export MOVIO_CLIENT_SECRET="$wrong_secret"
fails 3 issuer_rejected "a wrong secret is refused by the issuer" token
fails 3 issuer_rejected "a wrong secret in the body is refused as well" --client-auth post request GET /nowhere
call --verbose token
judge "--verbose tells of the failure" grep -q '^exhibitor: event: token_failed .*error="issuer_rejected: ' "$work/err"
unset MOVIO_CLIENT_SECRET
fails 3 credentials "no secret in the environment" token
unset MOVIO_CLIENT_ID

mkdir "$work/dir"
printf '%s\n' "$client" >"$work/dir/client_id"
printf '%s' "$secret" >"$work/dir/client_secret"
works "credentials from a directory" --credentials-dir "$work/dir" token
works "credentials from a directory, named after the command" token --credentials-dir "$work/dir"
chmod 644 "$work/dir/client_secret"
fails 3 credentials "a secret that everybody can read is refused" --credentials-dir "$work/dir" token
works "unless it is accepted by name" --credentials-dir "$work/dir" --credentials-any-user token
works "and check works" --credentials-dir "$work/dir" --credentials-any-user check
judge "and says so" out_has "^ok +configuration: .*credentials from $work/dir \(which any user may read or change\)"
rm "$work/dir/client_secret"
fails 3 credentials "a directory without a secret" --credentials-dir "$work/dir" token

printf '{"client_id": "%s", "client_secret": "%s"}\n' "$client" "$secret" >"$work/file"
works "credentials from a file" --credentials-file "$work/file" token
chmod 644 "$work/file"
fails 3 credentials "a credentials file that everybody can read is refused" --credentials-file "$work/file" token
chmod 602 "$work/file"
fails 3 credentials "a credentials file that everybody can change is refused" --credentials-file "$work/file" token
works "unless it is accepted by name" --credentials-file "$work/file" token --credentials-any-user
chmod 600 "$work/file"
printf '{"client_id": "%s", "client_secret": "%s"' "$client" "$secret" >"$work/file"
fails 3 credentials "a credentials file that is not JSON" --credentials-file "$work/file" token
fails 3 credentials "a credentials file that is not there" --credentials-file "$work/nowhere" token
load_env

# --- categories -------------------------------------------------------------------------------------------------------

works "categories prints what members can subscribe to" categories
judge "a JSON object on each line" out_is '{"id":"newsletter","name":"Newsletter","channels":["EMAIL","SMS"]}
{"id":"offers","name":"Offers near you","channels":["EMAIL"]}'

# --- The sandbox by the environment -----------------------------------------------------------------------------------

run token
judge "MOVIO_ISSUER_URL and MOVIO_API_URL name the servers" succeeded || show
MOVIO_ISSUER_URL=https://127.0.0.1:1/oauth/token run --issuer-url "$MOVIO_ISSUER_URL" token
judge "an option goes before its variable" succeeded || show
MOVIO_ISSUER_URL= run token
judge "one without the other is not enough" failed_as 2 invalid_argument || show
MOVIO_REGION=eu run token
judge "nor are they together with MOVIO_REGION" failed_as 2 invalid_argument || show
judge "which is told" err_has 'set either MOVIO_REGION, or MOVIO_ISSUER_URL and MOVIO_API_URL, not both'

# --- check ------------------------------------------------------------------------------------------------------------

# steps_are STEP...: what the lines begin with, in their order
steps_are() {
  sed 's/^\(ok\|warn\|FAILED\|skipped\)  *\([a-z]*\): \(issuer:\|api:\)\{0,1\}.*/\1 \2 \3/; s/[: ]*$//' "$work/out" >"$work/steps"
  printf '%s\n' "$@" | cmp -s - "$work/steps" || { sed 's/^/#   /' "$work/steps" && false; }
}
end='Not proven: that this client may write; check never writes.'

works "check finds everything well" check
judge "check prints a line for each step" steps_are "ok configuration" "ok proxy" "ok tls issuer" "ok tls api" \
  "ok clock" "ok token" "ok api" "$end"
judge "check tells who signed the certificates" test "$(grep -c 'signed by "CN' "$work/out")" -eq 2
judge "check reads the subscription categories" out_has 'it took the token and named 2 subscription categories$'
judge "check tells audience and quota" out_has ", audience $MOVIO_API_URL, .*, quota [0-9]+ of [0-9]+ left "

export MOVIO_CLIENT_SECRET="$wrong_secret"
fails 3 issuer_rejected "check reports a wrong secret" check
judge "check skips what hangs on the token" steps_are "ok configuration" "ok proxy" "ok tls issuer" "ok tls api" \
  "ok clock" "FAILED token" "skipped api" "$end"
load_env

MOVIO_CA_FILE=
export MOVIO_CA_FILE
fails 4 tls "check reports an authority that is not trusted" check
judge "check skips what hangs on TLS" steps_are "ok configuration" "ok proxy" "FAILED tls issuer" "FAILED tls api" \
  "skipped clock" "skipped token" "skipped api" "$end"
judge "check names the authority" out_has 'issuer is "CN'
fails 4 tls "request does not talk to a server that is not trusted" request GET /
load_env
works "--ca-file goes before MOVIO_CA_FILE" --ca-file "$MOVIO_CA_FILE" token
fails 4 tls "a CA file that is not there" --ca-file "$work/nowhere" token

run --issuer-url "$MOVIO_ISSUER_URL" --api-url https://127.0.0.1:1 check
judge "check reports an API that is not there" failed_as 4 connection || show
run --issuer-url https://127.0.0.1:1/oauth/token --api-url "$MOVIO_API_URL" check
judge "check reports an issuer that is not there" failed_as 6 issuer_unavailable || show
MOVIO_API_URL= run check
judge "check reports a configuration that cannot be used" failed_as 2 invalid_argument || show
judge "check then skips all the rest" steps_are "FAILED configuration" "skipped proxy" "skipped tls" "skipped clock" \
  "skipped token" "skipped api" "$end"

# A server whose certificate had its time, or will have it. Only openssl-ca sets both ends in every OpenSSL 3.
cat >"$work/ca.cnf" <<END
[ca]
default_ca = dated
[dated]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = names
x509_extensions = extensions
[names]
commonName = supplied
[extensions]
subjectAltName = IP:127.0.0.1
basicConstraints = CA:TRUE
[req]
distinguished_name = names
END
# check_dated FROM TO: runs check on an issuer whose certificate is valid then (YYMMDDhhmmssZ)
check_dated() {
  : >"$work/index"
  openssl req -config "$work/ca.cnf" -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=Dated CA" \
    -keyout "$work/key.pem" -out "$work/request.pem" 2>"$work/log" &&
    openssl ca -batch -notext -selfsign -config "$work/ca.cnf" -keyfile "$work/key.pem" -in "$work/request.pem" \
      -rand_serial -startdate "$1" -enddate "$2" -out "$work/dated.pem" 2>>"$work/log" || cat "$work/log"
  openssl s_server -www -cert "$work/dated.pem" -key "$work/key.pem" -accept 127.0.0.1:0 >"$work/log" 2>&1 </dev/null &
  server_pid=$!
  tries=0
  until grep -q '^ACCEPT ' "$work/log" || [ "$tries" -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  run --issuer-url "https://$(sed -n 's/^ACCEPT //p' "$work/log")/oauth/token" --api-url "$MOVIO_API_URL" \
    --ca-file "$work/dated.pem" check
  kill "$server_pid"
  wait "$server_pid" 2>/dev/null
}
check_dated 200101000000Z 200102000000Z
judge "check reports a certificate that has expired" failed_as 4 tls || show
judge "and that the clock may be wrong" err_has "certificate has expired.*, or this machine's clock is wrong" || show
judge "and whose it is, over a connection that is not verified" out_has 'issuer is "CN ?= ?Dated CA"' || show
check_dated 400101000000Z 400102000000Z
judge "check reports a certificate that is not valid yet" err_has "not yet valid.*, or this machine's clock is wrong" || show

# --- Proxies ----------------------------------------------------------------------------------------------------------

dead_proxy=http://user:$proxy_password@127.0.0.1:1
for variable in http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY; do export "$variable=$dead_proxy"; done
works "loopback goes past a proxy: token" token
works "loopback goes past a proxy: request" request PUT /cinemas --data "$cinema"
works "loopback goes past a proxy: check" check
judge "and check says so" out_has '^ok +proxy: none for 127\.0\.0\.1 \(loopback'
# Names that nobody has (RFC 6761 section 6.4): nothing of this leaves the machine.
elsewhere() { run --issuer-url https://issuer.invalid/oauth/token --api-url https://api.invalid --timeout 5 "$@"; }
elsewhere check
judge "check names the proxy" out_has '^ok +proxy: http://127\.0\.0\.1:1 for issuer\.invalid \(https_proxy\)'
export https_proxy="http://user:$proxy_password@not a host:1"
elsewhere check
judge "check names a proxy that cannot be one" out_has '^ok +proxy: a proxy whose URL cannot be used for issuer\.invalid '
# A part of the password would be taken for the proxy's host: here it is that of a server which counts connections.
connections() {
  call request GET /sandbox/counters
  sed -n 's/.*"api_connections": *\([0-9]*\).*/\1/p' "$work/out"
}
before=$(connections)
export https_proxy="http://user:$proxy_password@127.0.0.1:${MOVIO_API_URL##*:}/x@127.0.0.1:1"
elsewhere check
judge "check refuses a proxy that can be misread" failed_as 4 proxy || show
judge "and asks nobody for it" test "$(connections)" -eq $((before + 1))
elsewhere --verbose token
judge "a proxy that cannot be one is a proxy error" test "$code" -eq 4 || show
export no_proxy=example.org,.invalid
elsewhere check
judge "check knows no_proxy" out_has '^ok +proxy: none for issuer\.invalid \(no_proxy\)'
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY

# --- Output that cannot be written, time that runs out, Ctrl-C --------------------------------------------------------

# cannot_print DESCRIPTION: after a call with another standard output
cannot_print() { judge "$1" failed_as 7 storage || show; }
with_urls() { "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" "$@"; }
: >"$work/out"
code=0
with_urls token >&- 2>"$work/err" || code=$?
cannot_print "a closed standard output is a storage error"
if [ -e /dev/full ]; then
  for command in token check --help; do
    code=0
    with_urls "$command" >/dev/full 2>"$work/err" || code=$?
    cannot_print "a full disk is a storage error: $command"
  done
fi
code=0
with_urls request PUT /cinemas --data @- <&- >"$work/out" 2>"$work/err" || code=$?
cannot_print "a closed standard input is a storage error"

kill -STOP "$sandbox_pid" # it takes connections still, but no longer answers
fails 4 timeout "--timeout bounds a token" --timeout 0.3 token
fails 4 timeout "--timeout bounds a call" request GET / --timeout 0.3
fails 6 issuer_unavailable "--timeout bounds each call of check" --timeout 0.3 check

case $(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status 2>/dev/null) in
  [2367abef]) echo "ok - Ctrl-C cancels # skipped: SIGINT is ignored here, and so it is by the program" ;;
  *)
    for command in token "request GET /" check; do
      code=0
      # shellcheck disable=SC2086 # a command and its arguments
      timeout --preserve-status -s INT -k 20 0.5 "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" \
        --api-url "$MOVIO_API_URL" $command >"$work/out" 2>"$work/err" || code=$?
      judge "Ctrl-C cancels: $command" failed_as 130 cancelled || show
    done
    ;;
esac
kill -CONT "$sandbox_pid"

stop_sandbox
fails 6 issuer_unavailable "an issuer that is not there" token
judge "for which nobody named a time" err_lacks "it says"

# --- Plain http on loopback -------------------------------------------------------------------------------------------

start_sandbox --http
fails 2 invalid_argument "plain http needs --allow-http" token
for variable in http_proxy all_proxy HTTP_PROXY; do export "$variable=$dead_proxy"; done
works "plain http works with it, past any proxy" token --allow-http
works "and request does" --allow-http request PUT /cinemas --data "$cinema"
works "and check does" --allow-http check
judge "check says that there is no TLS" steps_are "ok configuration" "ok proxy" "skipped tls issuer" "skipped tls api" \
  "ok clock" "ok token" "ok api" "$end"
unset http_proxy all_proxy HTTP_PROXY

# --- Nothing secret or personal came out ------------------------------------------------------------------------------

base64_of() { printf '%s' "$1" | base64 | tr -d '\n'; }
# The forms in which a secret travels: as it is, form-encoded, and as Basic has it.
encoded=$(printf '%s' "$secret" | sed 's/%/%25/g; s/+/%2B/g; s/&/%26/g; s/=/%3D/g; s/ /+/g')
keeps_back() { ! grep -Fq -e "$1" "$work/everything"; }
judge "everything that was printed is looked through" test "$(grep -c '' "$work/everything")" -gt 100
judge "no output holds the secret" keeps_back "$secret"
judge "no output holds the secret, form-encoded" keeps_back "$encoded"
judge "no output holds the Basic credentials" keeps_back "$(base64_of "$client:$encoded")"
judge "no output holds a wrong secret" keeps_back "$wrong_secret"
judge "no output holds a token" keeps_back "eyJ"
judge "no output holds an email address" keeps_back "$email"
judge "no output holds a member's id" keeps_back "$member"
judge "no output holds the proxy's password" keeps_back "$proxy_password"

echo
if [ "$failures" -ne 0 ]; then
  echo "$failures failed"
  exit 1
fi
echo "all passed"
