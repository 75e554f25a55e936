# Sourced by the tests that are scripts: judges one thing after the other, and counts the failures.

failures=0
# judge DESCRIPTION COMMAND...: one line of the outcome
judge() {
  description=$1
  shift
  if "$@"; then
    echo "ok - $description"
  else
    echo "not ok - $description"
    failures=$((failures + 1))
    return 1
  fi
}
