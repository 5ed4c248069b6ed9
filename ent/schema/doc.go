// Package schema describes the rows that Semantest keeps in Postgres. It is the
// only hand-written part of ent besides the migrations; everything else there
// is generated from it with `make generate`.
//
// Ids that people see are typed strings (internal/ident). Rows that are read
// only through their parent (steps, checks, metrics, events) have a number.
package schema
