// Package egress is the one way out to addresses that users give: executors
// dial through its policy, so that a plan cannot reach what it should not.
package egress
