#!/bin/sh
# Runs the example of observers and looks at what it prints. Usage: examples_test.sh EXHIBITOR_OBSERVE
set -u
if [ $# -ne 1 ] || [ ! -x "$1" ]; then
  echo "usage: $0 EXHIBITOR_OBSERVE" >&2
  exit 2
fi
unset MOVIO_CA_FILE SSL_CERT_FILE

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

. "$(dirname "$0")/../support/judge.sh"
# has COUNT REGEX FILE: that many lines
has() { [ "$(grep -Ec "$2" "$work/$3")" -eq "$1" ]; }

code=0
"$1" >"$work/out" 2>"$work/err" || code=$?
judge "the calls end as they should" test "$code" -eq 0
judge "nothing goes to standard error" test ! -s "$work/err"
sed '/^# HELP/,$d' "$work/out" >"$work/log"
sed -n '/^# HELP/,$p' "$work/out" >"$work/metrics"

time='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}'
judge "every log line has a time, a level and a name" \
  has "$(grep -c '' "$work/log")" "^\[$time\] \[(debug|info|warning)\] [a-z_]+ [a-z_]+=" log
judge "every attempt is told of" \
  has 4 '\[debug\] attempt_finished .* http_version=11 reused=(yes|no) .*first_byte_us=' log
judge "a failed call is a warning" has 1 '\[warning\] call_finished method=GET .* error="not_found: ' log
judge "a retry is a warning" has 1 '\[warning\] retry_planned method=DELETE route=/members/\{id\} status=503 ' log
judge "every call is a span" \
  has 3 '\[info\] span name="[A-Z]+ /[a-z/{}]+" trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16} ' log
judge "the spans are of one trace" test "$(grep -Eo ' trace_id=[0-9a-f]*' "$work/log" | sort -u | grep -c '')" -eq 1
judge "a span knows its attempts" has 1 'outcome=ok attempt_1=503/[0-9]+us attempt_2=204/[0-9]+us$' log

name='[a-z_]+' label='[a-z]+="[^"\\]*"'
judge "every line of the metrics is of the text format" has "$(grep -c '' "$work/metrics")" \
  "^(# HELP $name .+|# TYPE $name (counter|histogram)|$name(\{$label(,$label)*\})? [0-9.e+-]+)\$" metrics
judge "calls are counted by outcome" has 3 '^exhibitor_calls_total\{.*,outcome="(ok|not_found)"\} 1$' metrics
judge "retries are counted" has 1 '^exhibitor_retries_total\{.*,reason="503"\} 1$' metrics
judge "tokens are counted" has 1 '^exhibitor_tokens_minted_total 1$' metrics
judge "durations are counted" has 3 '^exhibitor_call_duration_seconds_bucket\{.*,le="\+Inf"\} 1$' metrics
judge "nothing secret or personal is printed" has 0 'sandbox-secret|Bearer|eyJ|member1|row%20|row 7' out

if [ "$failures" -ne 0 ]; then
  sed 's/^/#   /' "$work/out" "$work/err"
  echo "$failures failed"
  exit 1
fi
echo "all passed"
