// Package ent is the client of the database. Everything here is generated from
// ent/schema, which is written by hand; make generate does it.
package ent

//go:generate go tool ent generate --feature sql/lock,sql/modifier,sql/execquery,sql/upsert,sql/versioned-migration ./schema
