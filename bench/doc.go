//go:build linux

// Command bench measures what a user of Semantest waits for, on this machine,
// and compares it with what was promised:
//
//	go run ./bench                 every benchmark, printed as tables
//	go run ./bench --only cases    one of them
//	go run ./bench --quick         fewer and shorter runs, to see that it works
//	go run ./bench --write         also renews docs/performance.md
//
// It builds the program, starts it as a person would, talks to it through its
// public API over loopback, and ends what it started. Every benchmark is
// bounded in count and in time. Figures come from the clock of the caller; the
// share of each part comes from /proc, a CPU profile and the stored rows.
package main
