// Package generation makes cases for people to accept, and keeps them. It is the
// only writer of generations and generated cases.
//
// A request is queued and made by a worker: package making goes from the source
// to judged cases, this one stores what it tells as it goes. Accepted cases enter
// a plan in the transaction that marks them.
package generation
