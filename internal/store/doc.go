// Package store owns the connection to Postgres: the pools, transactions that
// Ent and River share, and the migrations.
//
// It knows rows and transactions, and nothing of what they mean; services hold
// that.
package store
