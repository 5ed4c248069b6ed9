// Package apptest boots a whole server inside a test: real Postgres, in-process
// Redis, the API on a free port, workers with the executors that the test
// chooses.
package apptest
