// Package workers knows the processes that host executors: that they live, what
// they offer, and which of them are lost. It is the only writer of their rows.
package workers
