package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// one returns a connection of its own.
func one(t *testing.T) *sql.Conn {
	t.Helper()
	c, err := storetest.OpenAsOwner(t).DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func exec(t *testing.T, c *sql.Conn, query string) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// remembered counts the statements that Postgres holds for the connection.
func remembered(t *testing.T, c *sql.Conn) int {
	t.Helper()
	var n int
	if err := c.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_prepared_statements").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatementsAreRemembered(t *testing.T) {
	t.Parallel()
	c := one(t)
	before := remembered(t, c)
	for i := range 5 {
		var got int
		if err := c.QueryRowContext(t.Context(), "SELECT $1::int + 1", i).Scan(&got); err != nil || got != i+1 {
			t.Fatalf("got %d (%v), want %d", got, err, i+1)
		}
	}
	long := "SELECT $1::int" + strings.Repeat(" ", 5000)
	if _, err := c.ExecContext(t.Context(), long, 1); err != nil {
		t.Fatal(err)
	}
	if n := remembered(t, c) - before; n != 1 {
		t.Errorf("%d statements are remembered, want the short one alone", n)
	}
	for i := range 400 {
		if _, err := c.ExecContext(t.Context(), fmt.Sprintf("SELECT $1::int + %d", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	if n := remembered(t, c); n > 256 {
		t.Errorf("%d statements are remembered, want at most 256", n)
	}
}

// A remembered statement whose table has changed fails once and is forgotten.
func TestAChangedTableIsNoticed(t *testing.T) {
	t.Parallel()
	c := one(t)
	exec(t, c, "CREATE TEMP TABLE things (a int)")
	exec(t, c, "INSERT INTO things VALUES (1)")
	read := func() (columns int, err error) {
		rows, err := c.QueryContext(t.Context(), "SELECT * FROM things WHERE a = $1", 1)
		if err != nil {
			return 0, err
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		return len(names), errors.Join(err, rows.Err())
	}
	if n, err := read(); err != nil || n != 1 {
		t.Fatalf("%d columns (%v)", n, err)
	}
	exec(t, c, "ALTER TABLE things ADD COLUMN b text")
	if _, err := read(); err == nil {
		t.Error("the change went unnoticed")
	}
	if n, err := read(); err != nil || n != 2 {
		t.Errorf("%d columns (%v), want 2", n, err)
	}
}

// A transaction hides that from its caller.
func TestATransactionOutlivesAChange(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAsOwner(t)
	s.DB.SetMaxOpenConns(1)
	change := func(query string) {
		t.Helper()
		if _, err := s.DB.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	change("CREATE TABLE things (a int)")
	tries := 0
	read := func() error {
		return s.WithTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			tries++
			rows, err := tx.QueryContext(ctx, "SELECT * FROM things WHERE a = $1", 1)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			return rows.Err()
		})
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	change("ALTER TABLE things ADD COLUMN b text")
	if err := read(); err != nil || tries != 3 {
		t.Errorf("%d tries (%v), want 1 before the change and 2 after it", tries, err)
	}
}

// lib/pq answers one statement at a time; a second one in between is refused
// and breaks nothing.
func TestRowsAreReadBeforeTheNextStatement(t *testing.T) {
	t.Parallel()
	tx, err := storetest.OpenAsOwner(t).DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	rows, err := tx.QueryContext(t.Context(), "SELECT * FROM generate_series(1, $1::int)", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT $1::int", 1); err == nil {
		t.Error("a statement was sent while rows were being read")
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() { // closes them after the last
		n++
	}
	if err := rows.Err(); err != nil || n != 1000 {
		t.Errorf("%d rows (%v), want 1000", n, err)
	}
	if _, err := tx.ExecContext(t.Context(), "SELECT $1::int", 1); err != nil {
		t.Errorf("after the rows: %v", err)
	}
}

// The transaction's context ends its statements, though they are not watched
// one by one.
func TestAContextEndsItsTransactionsStatements(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAsOwner(t)
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := s.DB.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var pid int
	if err := tx.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := tx.ExecContext(ctx, "SELECT pg_sleep($1)", 600)
		ended <- err
	}()
	for sleeping := false; !sleeping; { // in Postgres
		err := s.DB.QueryRowContext(t.Context(), "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $1 AND wait_event IS NOT NULL", pid).Scan(&sleeping)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("the statement ended well")
	}
	var one int
	if err := s.DB.QueryRowContext(t.Context(), "SELECT $1::int", 1).Scan(&one); err != nil {
		t.Errorf("the pool is unusable: %v", err)
	}
}

func TestErrorsOfRememberedStatementsKeepTheirCode(t *testing.T) {
	t.Parallel()
	c := one(t)
	for range 3 {
		_, err := c.ExecContext(t.Context(), "SELECT 1 / $1::int", 0)
		pqErr, ok := errors.AsType[*pq.Error](err)
		if !ok || pqErr.Code != "22012" {
			t.Fatalf("got %v", err)
		}
	}
}
