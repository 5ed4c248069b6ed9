// Package walls tests that the walls between rooms stand: that the rules in
// .golangci.yaml hold for the source, that they catch what the design forbids,
// and that no room is without rules. It needs no linter, so that go test alone
// tells.
package walls
