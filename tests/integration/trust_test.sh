#!/bin/sh
# trust_test.sh EXHIBITOR SANDBOX INTEGRATION_TESTS: a CA file or directory replaces the system's authorities, it does not
# add to them. For the time of the test, in a mount namespace of its own, the system trusts the sandbox's CA, as a bundle
# and as a directory of hashed names.
set -eu
exhibitor=$1
sandbox=$2
integration_tests=$3

if [ "${4:-}" != inside ]; then
  unshare --mount true 2>/dev/null || { echo "skipped: mount namespaces are not permitted here"; exit 77; }
  exec unshare --mount sh "$0" "$exhibitor" "$sandbox" "$integration_tests" inside
fi

. "$(dirname "$0")/sandbox.sh"
export MOVIO_CLIENT_ID MOVIO_CLIENT_SECRET
sandbox_ca=$MOVIO_CA_FILE
unset MOVIO_CA_FILE SSL_CERT_FILE

mkdir "$work/system" "$work/right" "$work/wrong"
cp "$sandbox_ca" "$work/system/ca-certificates.crt"
cp "$sandbox_ca" "$work/system/$(openssl x509 -hash -noout -in "$sandbox_ca").0"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=Another CA" \
  -keyout "$work/key.pem" -out "$work/another.pem" 2>/dev/null
cp "$sandbox_ca" "$work/right/ca.pem"
cp "$work/another.pem" "$work/wrong/ca.pem"
openssl rehash "$work/right" "$work/wrong"
mount --bind "$work/system" /etc/ssl/certs

failed=0
# expect CODE DESCRIPTION COMMAND...
expect() {
  expected=$1
  description=$2
  shift 2
  code=0
  "$@" >"$work/out" 2>&1 || code=$?
  if [ "$code" -eq "$expected" ]; then
    echo "ok - $description"
  else
    echo "not ok - $description (exit code $code, not $expected)"
    cat "$work/out"
    failed=1
  fi
}
token() { "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" "$@" token; }

expect 0 "without a CA file the system's authorities are trusted" token
expect 4 "with a CA file of another authority the system's are not" token --ca-file "$work/another.pem"
expect 0 "with the right CA file it works" token --ca-file "$sandbox_ca"
expect 4 "the same by MOVIO_CA_FILE" env MOVIO_CA_FILE="$work/another.pem" \
  "$exhibitor" --issuer-url "$MOVIO_ISSUER_URL" --api-url "$MOVIO_API_URL" token
expect 0 "the same with a directory of CAs" env MOVIO_API_URL="$MOVIO_API_URL" RIGHT_CA_DIRECTORY="$work/right" \
  WRONG_CA_DIRECTORY="$work/wrong" "$integration_tests" "[.curl_trust_system]"
exit "$failed"
