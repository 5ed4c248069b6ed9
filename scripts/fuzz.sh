#!/usr/bin/env bash
# Feeds random input to each fuzz target, one after the other.
#
#   scripts/fuzz.sh 30s
#
# The argument is the time for each, or a number of inputs such as 1000x.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

each=${1:?usage: scripts/fuzz.sh TIME}
targets=$(git grep -oE --untracked '^func Fuzz[A-Za-z0-9_]*' -- '*_test.go') || {
  echo "no fuzz target was found" >&2
  exit 1
}
while IFS=': ' read -r file _ target; do
  echo "== $target in $(dirname "$file")"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "./$(dirname "$file")" </dev/null
done <<<"$targets"
