package cli

import (
	"context"
	"fmt"

	"github.com/semantest/semantest/internal/app"
)

type migrateCmd struct {
	DatabaseURL string `name:"database-url" env:"SEMANTEST_DATABASE_URL" required:"" placeholder:"URL" help:"Postgres to migrate."`
}

func (c *migrateCmd) Run(ctx context.Context, sys Sys) error {
	ran, err := app.Migrate(ctx, c.DatabaseURL)
	for _, name := range ran {
		_, _ = fmt.Fprintln(sys.Stdout, "applied", name)
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(sys.Stdout, "The database is up to date.")
	return nil
}
