package migrate

import "embed"

// Migrations holds the SQL files, in order, and their checksums. A file that
// has been released is never changed.
//
//go:embed migrations/*.sql migrations/atlas.sum
var Migrations embed.FS
