package migration

import (
	"context"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/lib/pq" // the planner opens the database by driver name

	entmigrate "github.com/semantest/semantest/ent/migrate"
)

// Diff writes into dir the SQL file that takes the migrations already there to
// the schema of the program, and nothing when they agree. devURL names an empty
// database that the planner replays into.
func Diff(ctx context.Context, devURL, dir, name string) error {
	local, err := migrate.NewLocalDir(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	err = entmigrate.NamedDiff(ctx, devURL, name,
		schema.WithDir(local),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(dialect.Postgres),
		schema.WithFormatter(migrate.DefaultFormatter),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
	)
	if err != nil {
		return fmt.Errorf("plan the migration: %w", err)
	}
	return nil
}
