//go:build linux

// Command bench measures what a user of Semantest waits for, on this machine,
// and compares it with what was promised:
//
//	go run ./bench                 every benchmark, printed as tables
//	go run ./bench --only cases    one of them
//	go run ./bench --quick         fewer and shorter runs, to see that it works
//	go run ./bench --write         also renews docs/performance.md and docs/scaling.md
//	go run ./bench --only live --profile cpu.pprof
//	go run ./bench --only soak --soak 2m
//
// It builds the program, starts it as a person would, talks to it through its
// public API over loopback, and ends what it started. Every benchmark is
// bounded in count and in time. Figures come from the clock of the caller; the
// share of each part comes from /proc, a CPU profile and the stored rows.
//
// The live benchmarks (live, crowd, soak) put the server alone on one core and
// everything else on another one: a Postgres and a redis-server, the viewers of
// bench/viewers, and the source, which records events of a real run as another
// process of ours would. The program starts itself in each of these roles; see
// serveStores, serveOurs, serveStock, serveFloor and serveCrowd. bench/peers is
// the server of a library that we compare with, in a module of its own.
//
// The benchmark load puts the generator on one core and the target on another.
// Its peers are taken from the PATH; those that Go can build are built in
// bench/loadpeers, a module of its own too, by the versions that stand there.
//
// The benchmark visual compares pictures with our own code and with the peers
// of bench/visualpeers, where npm ci has installed them.
package main
