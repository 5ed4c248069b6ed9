// Command diff writes the migration that takes the migrations already there to
// ent/schema:
//
//	go run ./ent/migrate/diff NAME
//
// It brings a throwaway Postgres, and writes nothing when the schema has not
// changed. `make migration NAME=...` generates the client first.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/store/migration"
)

// migrations is where the files lie, from the root of the repository.
const migrations = "ent/migrate/migrations"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: diff NAME")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	written, err := diff(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(1)
	}
	if len(written) == 0 {
		_, _ = fmt.Fprintln(os.Stdout, "the schema has not changed, nothing was written")
	}
	for _, file := range written {
		_, _ = fmt.Fprintln(os.Stdout, "wrote", file)
	}
}

// diff returns the files that it wrote.
func diff(ctx context.Context, name string) (written []string, err error) {
	before, err := sqlFiles()
	if err != nil {
		return nil, err
	}
	server, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{Throwaway: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err = errors.Join(err, server.Stop(ctx))
	}()
	const database = "empty"
	if err := server.CreateDatabase(ctx, database, ""); err != nil {
		return nil, err
	}
	if err := migration.Diff(ctx, server.URL(database), migrations, name); err != nil {
		return nil, err
	}
	after, err := sqlFiles()
	return slices.DeleteFunc(after, func(file string) bool { return slices.Contains(before, file) }), err
}

func sqlFiles() ([]string, error) {
	files, err := filepath.Glob(migrations + "/*.sql")
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no migrations in %s: run this in the root of the repository", migrations)
	}
	return files, err
}
