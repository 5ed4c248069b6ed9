// Package executortest is the conformance suite that each executor passes, and
// a recording Sink for their tests.
//
// An executor's own test calls Run with a Harness that knows how to build
// tasks for it. The suite knows the contract in package executors and nothing
// of any one executor.
package executortest
