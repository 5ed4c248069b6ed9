// Command diff writes the migration that takes the released schema to the one
// in ent/schema:
//
//	go run ./ent/migrate/diff DATABASE_URL NAME
//
// The database is replayed into and must be empty. Nothing is written when the
// schema has not changed. `make migration NAME=...` brings a database.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/semantest/semantest/internal/store/migration"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: diff DATABASE_URL NAME")
		os.Exit(2)
	}
	if err := migration.Diff(context.Background(), os.Args[1], "ent/migrate/migrations", os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
