// Package fake is an executor that does what a script says: it passes, fails,
// waits, blocks, panics, emits and attaches on command. It reaches nothing
// outside the process, so the runs, the queue and the dashboard can be driven
// end to end, and measured, without a target.
//
// It knows the contract of executors and nothing else.
package fake
