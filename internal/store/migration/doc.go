// Package migration brings a database to the schema that this program expects,
// and writes the SQL files that do so.
//
// It stands apart from store because the planner drags in what no server needs
// while it serves.
package migration
