#!/usr/bin/env bash
# Feeds random input to each fuzz target, one after the other.
#
#   scripts/fuzz.sh 30s
#   scripts/fuzz.sh 20000x 'FuzzParse|FuzzToken'
#
# The first argument is the time for each, or a number of inputs such as 20000x;
# the second one a regular expression that chooses among the targets. A number always
# ends well: with a time, Go before 1.27 now and then fails a target that found
# nothing with "context deadline exceeded" (go.dev/issue/75804).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

each=${1:?usage: scripts/fuzz.sh TIME|NUMBERx [TARGETS]}
chosen=${2:-Fuzz[A-Za-z0-9_]*}
targets=$(git grep -oE --untracked "^func ($chosen)\>" -- '*_test.go') || {
  echo "no fuzz target was found" >&2
  exit 1
}
while IFS=': ' read -r file _ target; do
  echo "== $target in $(dirname "$file")"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "./$(dirname "$file")" </dev/null
done <<<"$targets"
