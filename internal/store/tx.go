package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/lib/pq"

	"github.com/semantest/semantest/ent"
)

// Tx is one transaction that Ent and River share. A state change, its event and
// its jobs are written through the same Tx, so that none exists without the
// others.
type Tx struct {
	*ent.Tx
	afterCommit []func()
}

// AfterCommit calls f once the transaction is durable, in the order of
// registration. f must not block for long: what it does may be lost when the
// process dies, so it may only hasten what readers would find anyway.
func (t *Tx) AfterCommit(f func()) { t.afterCommit = append(t.afterCommit, f) }

// Pgx presents the transaction to River.
func (t *Tx) Pgx() pgx.Tx { return &pgxTx{tx: t.Tx} }

// Array presents a slice as a Postgres array, for statements over many rows
// whose text does not depend on how many.
func Array[T any](values []T) any { return pq.Array(values) }

// IntoArray is where an array of a row is read into.
func IntoArray[T any](values *[]T) any { return pq.Array(values) }

// maxTries bounds how often a transaction is tried when Postgres refuses it for
// the sake of another one.
const maxTries = 4

// WithTx runs fn in a transaction and commits it when fn returns nil. Where
// Postgres aborts it because of a deadlock, a serialisation conflict or a table
// that a migration has changed since the statement was last used, fn runs
// again in a new transaction; so fn changes nothing but the database and its
// own results.
func (s *Store) WithTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	for try := 1; ; try++ {
		err := s.tryTx(ctx, fn)
		if err == nil || !worthRetry(err) || try == maxTries || ctx.Err() != nil {
			return err
		}
	}
}

func (s *Store) tryTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	entTx, err := s.Ent.Tx(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{Tx: entTx}
	committed := false
	defer func() {
		if !committed {
			if rerr := entTx.Rollback(); rerr != nil && err != nil {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rerr))
			}
		}
	}()
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := entTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	for _, f := range tx.afterCommit {
		f()
	}
	return nil
}

func worthRetry(err error) bool {
	pqErr, ok := errors.AsType[*pq.Error](err)
	return ok && (pqErr.Code == "40P01" || pqErr.Code == "40001" || pqErr.Code == stalePlan)
}
