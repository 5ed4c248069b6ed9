#!/usr/bin/env bash
# Proves that generated files, go.mod and go.sum are fresh: making them anew
# changes nothing. Works in any state of the tree; what it made stays, so that
# it can be committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

main() {
  index=$(mktemp)
  trap 'rm -f "$index"' EXIT

  local before after
  before=$(snapshot)
  make generate
  after=$(snapshot)

  local stale=0
  if [[ $before != "$after" ]]; then
    git --no-pager diff --stat "$before" "$after"
    git --no-pager diff "$before" "$after" | head -n 200
    echo "verify: generated files were stale; commit what make generate changed" >&2
    stale=1
  fi
  if ! go mod tidy -diff; then
    echo "verify: go.mod or go.sum is not tidy; type: go mod tidy" >&2
    stale=1
  fi
  ((stale == 0)) && echo "verify: generated files, go.mod and go.sum are fresh"
  return "$stale"
}

# snapshot prints the id of a tree with all that may be generated, committed or
# not. The index of the repository stays as it is.
snapshot() {
  cp "$(git rev-parse --git-path index)" "$index"
  GIT_INDEX_FILE=$index git add --all -- ent graph docs go.mod go.sum
  GIT_INDEX_FILE=$index git write-tree
}

main "$@"
