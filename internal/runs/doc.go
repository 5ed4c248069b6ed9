// Package runs starts runs, hands their cases out, stores what comes back and
// tells what happened. It is the only writer of runs, results, attempts and
// what hangs below them.
//
// Three rules hold everywhere: a state change, its event and its jobs are one
// transaction; every write of an attempt names its number and its worker and is
// refused when they are no longer current; what belongs to a run is ordered by
// the lock on the run's row, which is taken last and held shortly.
package runs
