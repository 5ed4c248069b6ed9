package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
)

// execer is what an ent transaction offers for plain SQL.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// pgxTx presents a database/sql transaction of lib/pq as a pgx.Tx, so that
// River inserts its jobs in Ent's own transaction.
//
// It covers what River's insert-only client calls: Exec, Query, QueryRow and
// nested Begin. Values go both ways as text in Postgres' own format, encoded
// and decoded by pgtype. Because it follows River's internals, River's version
// is pinned and pgxtx_test.go tells when an upgrade breaks it.
type pgxTx struct {
	tx        execer
	savepoint string // empty for the outermost
}

// typeMaps keeps pgtype's maps, which are dear to make and not safe to share.
var typeMaps = sync.Pool{New: func() any { return pgtype.NewMap() }}

var errNotOffered = errors.New("not offered by the lib/pq transaction adapter")

// Config tells River that arguments are sent as text, which makes it convert
// JSON arguments itself.
func (t *pgxTx) Config() *pgxpool.Config {
	return &pgxpool.Config{ConnConfig: &pgx.ConnConfig{DefaultQueryExecMode: pgx.QueryExecModeExec}}
}

var savepoints atomic.Uint64

// Begin opens a savepoint.
func (t *pgxTx) Begin(ctx context.Context) (pgx.Tx, error) {
	name := "sp" + strconv.FormatUint(savepoints.Add(1), 10)
	if _, err := t.tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return nil, translate(err)
	}
	return &pgxTx{tx: t.tx, savepoint: name}, nil
}

// Commit releases a savepoint. The outermost transaction is committed only by
// WithTx.
func (t *pgxTx) Commit(ctx context.Context) error {
	if t.savepoint == "" {
		return fmt.Errorf("commit: %w", errNotOffered)
	}
	_, err := t.tx.ExecContext(ctx, "RELEASE SAVEPOINT "+t.savepoint)
	return translate(err)
}

// Rollback goes back to a savepoint; for the outermost it is an error.
func (t *pgxTx) Rollback(ctx context.Context) error {
	if t.savepoint == "" {
		return fmt.Errorf("roll back: %w", errNotOffered)
	}
	_, err := t.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+t.savepoint)
	return translate(err)
}

// Exec runs a statement.
func (t *pgxTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	encoded, err := encodeArgs(args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	res, err := t.tx.ExecContext(ctx, query, encoded...)
	if err != nil {
		return pgconn.CommandTag{}, translate(err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return pgconn.NewCommandTag("EXEC " + strconv.FormatInt(n, 10)), nil
}

// Query runs a query.
func (t *pgxTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	encoded, err := encodeArgs(args)
	if err != nil {
		return nil, err
	}
	rows, err := t.tx.QueryContext(ctx, query, encoded...) //nolint:rowserrcheck // the caller closes pgxRows
	if err != nil {
		return nil, translate(err)
	}
	return &pgxRows{rows: rows}, nil
}

// QueryRow runs a query for one row.
func (t *pgxTx) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, query, args...)
	return pgxRow{rows: rows, err: err}
}

// CopyFrom is not offered: database/sql has no such call.
func (t *pgxTx) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, fmt.Errorf("copy: %w", errNotOffered)
}

// SendBatch is not offered.
func (t *pgxTx) SendBatch(context.Context, *pgx.Batch) pgx.BatchResults { return brokenBatch{} }

// LargeObjects is not offered; using the value fails in Postgres.
func (t *pgxTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare is not offered.
func (t *pgxTx) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, fmt.Errorf("prepare: %w", errNotOffered)
}

// Conn returns nil: there is no pgx connection beneath.
func (t *pgxTx) Conn() *pgx.Conn { return nil }

// encodeArgs turns pgx arguments into what lib/pq sends as text.
func encodeArgs(args []any) ([]any, error) {
	types := typeMaps.Get().(*pgtype.Map)
	defer typeMaps.Put(types)
	out := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case nil, bool, int64, float64, string, []byte, time.Time:
			out[i] = v
			continue
		}
		if valuer, ok := arg.(driver.Valuer); ok {
			out[i] = valuer
			continue
		}
		typ, ok := types.TypeForValue(arg)
		if !ok {
			out[i] = arg // lib/pq converts named scalars by reflection
			continue
		}
		text, err := types.Encode(typ.OID, pgtype.TextFormatCode, arg, nil)
		if err != nil {
			return nil, fmt.Errorf("encode argument %d: %w", i+1, err)
		}
		if text == nil {
			out[i] = nil
			continue
		}
		out[i] = string(text)
	}
	return out, nil
}

// translate gives River the error type that it inspects.
func translate(err error) error {
	pqErr, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return err
	}
	return &pgconn.PgError{
		Severity: pqErr.Severity, Code: string(pqErr.Code), Message: pqErr.Message,
		Detail: pqErr.Detail, Hint: pqErr.Hint, Where: pqErr.Where, SchemaName: pqErr.Schema,
		TableName: pqErr.Table, ColumnName: pqErr.Column, DataTypeName: pqErr.DataTypeName,
		ConstraintName: pqErr.Constraint, File: pqErr.File, Routine: pqErr.Routine,
	}
}

type pgxRows struct {
	rows *sql.Rows
	err  error
}

func (r *pgxRows) Close()                                       { r.err = errors.Join(r.err, r.rows.Close()) }
func (r *pgxRows) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (r *pgxRows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (r *pgxRows) Next() bool                                   { return r.rows.Next() }
func (r *pgxRows) Conn() *pgx.Conn                              { return nil }
func (r *pgxRows) RawValues() [][]byte                          { return nil }
func (r *pgxRows) TypeMap() *pgtype.Map                         { return pgtype.NewMap() }
func (r *pgxRows) Values() ([]any, error)                       { return nil, errNotOffered }

func (r *pgxRows) Err() error {
	return translate(errors.Join(r.err, r.rows.Err()))
}

func (r *pgxRows) Scan(dest ...any) error {
	types := typeMaps.Get().(*pgtype.Map)
	defer typeMaps.Put(types)
	wrapped := make([]any, len(dest))
	for i, d := range dest {
		switch d := d.(type) {
		case sql.Scanner:
			wrapped[i] = textScanner{d}
		case *string, *[]byte, *bool, *int, *int16, *int32, *int64, *float64, *time.Time,
			**string, **int16, **int32, **int64, **time.Time:
			wrapped[i] = d // database/sql knows these
		default:
			wrapped[i] = types.SQLScanner(d)
		}
	}
	return r.rows.Scan(wrapped...)
}

// textScanner gives a scanner text as a string, which pgtype's own types want
// where lib/pq has bytes.
type textScanner struct{ to sql.Scanner }

func (s textScanner) Scan(src any) error {
	text, ok := src.([]byte)
	if !ok {
		return s.to.Scan(src)
	}
	if err := s.to.Scan(string(text)); err != nil {
		return s.to.Scan(text)
	}
	return nil
}

type pgxRow struct {
	rows pgx.Rows
	err  error
}

func (r pgxRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

type brokenBatch struct{}

func (brokenBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, errNotOffered }
func (brokenBatch) Query() (pgx.Rows, error)         { return nil, errNotOffered }
func (brokenBatch) QueryRow() pgx.Row                { return pgxRow{err: errNotOffered} }
func (brokenBatch) Close() error                     { return errNotOffered }
