package store

import "entgo.io/ent/dialect/sql"

// NoKey is the strength of every ForUpdate here: rows change, but never their
// keys. A full lock would wait for each transaction that refers to the row by a
// foreign key, and Postgres looks at a row's foreign keys again whenever a
// transaction updates it for the second time.
var NoKey = sql.WithLockClause("FOR NO KEY UPDATE")

// NoKeySkipLocked passes over rows that another transaction has locked.
var NoKeySkipLocked = sql.WithLockClause("FOR NO KEY UPDATE SKIP LOCKED")
