// Package embedded brings what Semantest needs when nothing is configured: a
// child PostgreSQL on a Unix socket in a data folder, and an in-process Redis.
//
// It owns the data folder's lock, the child process and its end. It knows
// nothing of schemas, migrations or the rest of the program.
package embedded
