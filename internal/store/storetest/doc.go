// Package storetest gives each test a database of its own: one Postgres cluster
// for the test binary, and in it one migrated database for each test, copied
// from a template.
//
// A package that uses it calls Main from its TestMain.
package storetest
