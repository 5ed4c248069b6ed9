package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	entmigrate "github.com/semantest/semantest/ent/migrate"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
)

// lockKey is the advisory lock that one migrating process holds ("semantes").
const lockKey = 0x73656d616e746573

// maxTime bounds all migrations together, the wait for another process included.
const maxTime = 6 * time.Hour

// Apply runs the migrations that the database lacks, ours and River's, and
// returns the names of ours that it ran, and the role as which this user is to
// serve: store.Role, or none where it cannot be had. Processes that start
// together wait for one another. Each file is one transaction: a failed one
// leaves nothing, and the next call goes on from there.
//
// A database that is newer than this program is refused with Conflict.
func Apply(ctx context.Context, db *sql.DB, pool *pgxpool.Pool) (ran []string, role string, err error) {
	files, err := released()
	if err != nil {
		return nil, "", err
	}
	// A change of a large table takes longer than the queue's queries may, which
	// are limited where their context is not.
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, "", apperr.Wrap(err, apperr.Unavailable, "the database does not answer")
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(lockKey)); err != nil {
		return nil, "", fmt.Errorf("take the migration lock: %w", err)
	}
	defer func() {
		// Where this fails the connection is broken, and the lock gone with it.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockKey))
	}()
	applied, err := appliedVersions(ctx, conn)
	if err != nil {
		return nil, "", err
	}
	if err := refuseNewer(files, applied); err != nil {
		return nil, "", err
	}
	for _, f := range files {
		if slices.Contains(applied, f.Version()) {
			continue
		}
		if err := applyFile(ctx, conn, f); err != nil {
			return ran, "", fmt.Errorf("migration %s: %w", f.Name(), err)
		}
		ran = append(ran, f.Name())
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return ran, "", fmt.Errorf("prepare River's migrations: %w", err)
	}
	river, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return ran, "", fmt.Errorf("run River's migrations: %w", err)
	}
	able, err := grant(ctx, conn, len(ran)+len(river.Versions) > 0)
	if err != nil || !able {
		return ran, "", err
	}
	return ran, store.Role, nil
}

// released reads the embedded files and proves by their checksums that none was
// changed after it had been written.
func released() ([]migrate.File, error) {
	dir := migrate.OpenMemDir("semantest")
	defer func() { _ = dir.Close() }()
	entries, err := fs.ReadDir(entmigrate.Migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	for _, e := range entries {
		content, err := fs.ReadFile(entmigrate.Migrations, "migrations/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("read the migrations: %w", err)
		}
		if err := dir.WriteFile(e.Name(), content); err != nil {
			return nil, fmt.Errorf("read the migrations: %w", err)
		}
	}
	if err := migrate.Validate(dir); err != nil {
		return nil, fmt.Errorf("check the migrations: %w", err)
	}
	return dir.Files()
}

func appliedVersions(ctx context.Context, conn *sql.Conn) ([]string, error) {
	const table = `CREATE TABLE IF NOT EXISTS schema_migrations (
		version text PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return nil, fmt.Errorf("create the table of migrations: %w", err)
	}
	rows, err := conn.QueryContext(ctx, "SELECT version FROM schema_migrations ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("read the table of migrations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			return nil, fmt.Errorf("read the table of migrations: %w", err)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

func refuseNewer(files []migrate.File, applied []string) error {
	for _, v := range applied {
		known := slices.ContainsFunc(files, func(f migrate.File) bool { return f.Version() == v })
		if !known {
			return apperr.New(apperr.Conflict,
				"the database was migrated by a newer Semantest (migration %s is not known here); use that version or another database", v)
		}
	}
	return nil
}

func applyFile(ctx context.Context, conn *sql.Conn, f migrate.File) (err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err := tx.ExecContext(ctx, string(f.Bytes())); err != nil {
		return err
	}
	name := strings.TrimSuffix(f.Name(), ".sql")
	if _, err := tx.ExecContext(ctx, "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", f.Version(), name); err != nil {
		return err
	}
	return tx.Commit()
}
