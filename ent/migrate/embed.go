// Package migrate holds the migrations. The SQL files are written by make
// migration and never changed after a release; the rest is generated.
package migrate

import "embed"

// Migrations holds the SQL files, in order, and their checksums. A file that
// has been released is never changed.
//
//go:embed migrations/*.sql migrations/atlas.sum
var Migrations embed.FS
