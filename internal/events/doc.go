// Package events carries what happens in a run to whoever watches it.
//
// Two classes: events are facts, numbered from 1 without a gap within a run and
// stored in the transaction of the change they tell; ticks say where a case
// stands, the newest replaces the one before, and none is stored.
//
// Postgres is the truth and Redis only hastens it. A reader subscribes, reads
// what is stored, then follows; on a hole, on a slow tick and after Redis was
// away it reads again. So nothing is lost when Redis is.
package events
