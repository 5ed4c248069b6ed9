package store_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/store"
)

// silence accepts connections, tells of each, and never says a word.
func silence(t *testing.T) (address string, accepted <-chan struct{}) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{}, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			told <- struct{}{}
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-ended
	})
	return "postgres://ada@" + ln.Addr().String() + "/x?sslmode=disable", told
}

func TestOpenGivesUpOnASilentServer(t *testing.T) {
	t.Parallel()
	address, _ := silence(t)
	_, err := store.Open(t.Context(), address, store.Options{ConnectWithin: 200 * time.Millisecond})
	if apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("got %v, want a database that does not answer", err)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	t.Parallel()
	address, accepted := silence(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opened := make(chan error)
	go func() {
		_, err := store.Open(ctx, address, store.Options{ConnectWithin: time.Hour})
		opened <- err
	}()
	<-accepted
	cancel()
	if err := <-opened; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that of the context", err)
	}
}

// What cannot be answered during an outage is not our fault, and says so.
func TestQueriesDuringAnOutageAreUnavailable(t *testing.T) {
	t.Parallel()
	pg, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		if err := pg.Stop(context.Background()); err != nil {
			t.Errorf("stop Postgres: %v", err)
		}
	}
	t.Cleanup(stop)
	s, err := store.Open(t.Context(), pg.URL("postgres"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	stop()
	if _, err := s.DB.ExecContext(t.Context(), "SELECT 1"); apperr.CodeOf(err) != apperr.Unavailable {
		t.Errorf("got %s: %v", apperr.CodeOf(err), err)
	}
}
