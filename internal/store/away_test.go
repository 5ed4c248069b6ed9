package store_test

import (
	"errors"
	"testing"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestExplainNamesADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	s := storetest.OpenAsOwner(t)
	tx, err := s.DB.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	_, ended := tx.ExecContext(t.Context(), "SELECT pg_terminate_backend(pg_backend_pid())")
	_, after := tx.ExecContext(t.Context(), "SELECT 1")
	_, mistake := s.DB.ExecContext(t.Context(), "SELECT nonsense")
	_, nul := s.DB.ExecContext(t.Context(), "SELECT $1::text", "a\x00")
	_, nulInJSON := s.DB.ExecContext(t.Context(), "SELECT $1::jsonb", `{"a":"\u0000"}`)
	for _, tt := range []struct {
		name string
		err  error
		want apperr.Code
	}{
		{"a NUL", nul, apperr.InvalidInput},
		{"a NUL in JSON", nulInJSON, apperr.InvalidInput},
		{"the session was ended", ended, apperr.Unavailable},
		{"the connection is gone", after, apperr.Unavailable},
		{"a mistake of ours", mistake, apperr.Internal},
		{"an error with a code", apperr.Wrap(ended, apperr.Conflict, "no"), apperr.Conflict},
		{"another error", errors.New("no"), apperr.Internal},
		{"no error", nil, ""},
	} {
		if got := store.Explain(tt.err); apperr.CodeOf(got) != tt.want || !errors.Is(got, tt.err) {
			t.Errorf("%s: %v is explained as %v", tt.name, tt.err, got)
		}
	}
}

// A process that was paused inside a transaction must not hold its rows.
func TestSilentTransactionsAreEnded(t *testing.T) {
	t.Parallel()
	const show = "SHOW idle_in_transaction_session_timeout"
	s := storetest.OpenAsOwner(t)
	var ours, queue string
	if err := s.DB.QueryRowContext(t.Context(), show).Scan(&ours); err != nil {
		t.Fatal(err)
	}
	if err := s.Pool.QueryRow(t.Context(), show).Scan(&queue); err != nil {
		t.Fatal(err)
	}
	if ours != "10s" || queue != "10s" {
		t.Errorf("a silent transaction is ended after %s, and one of the queue after %s", ours, queue)
	}
}
