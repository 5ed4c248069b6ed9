// Package contract performs cases of kind contract: it makes requests from an
// OpenAPI document, sends them, and checks that the answers are what the
// document says.
//
// From top to bottom: executor.go performs a case, operation by operation;
// calls.go says what is sent to one, with values from generate.go (valid) and
// negative.go (not valid); judge.go holds the checks; chain.go follows what is
// created through the operations of its item; shrink.go makes a finding small,
// and replay.go sends it again.
//
// Documents and answers are hostile: their size, their depth and the work of
// validating are bounded, and every address is dialled through the egress
// policy. The package knows the plan language and the contract of executors,
// and nothing of runs, queues or the graph.
package contract
