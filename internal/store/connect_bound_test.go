package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/storetest"
)

// stuck is when a test calls something stuck that ends within seconds.
const stuck = time.Minute

const cancelWithin = 200 * time.Millisecond

func TestASilentDatabaseHoldsNobody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		// do prepares what it needs, calls silent, and returns what then became
		// of ctx's call.
		do func(ctx context.Context, s *store.Store, p *mutable) error
	}{
		{"a statement", func(ctx context.Context, s *store.Store, p *mutable) error {
			p.silent()
			_, err := s.DB.ExecContext(ctx, "SELECT 1")
			return err
		}},
		{"a statement that is prepared", func(ctx context.Context, s *store.Store, p *mutable) error {
			p.silent()
			_, err := s.DB.ExecContext(ctx, "SELECT $1::int", 1)
			return err
		}},
		{"a statement that was prepared", func(ctx context.Context, s *store.Store, p *mutable) error {
			if _, err := s.DB.ExecContext(context.Background(), "SELECT $1::int", 1); err != nil {
				return fmt.Errorf("before: %w", err)
			}
			p.silent()
			_, err := s.DB.ExecContext(ctx, "SELECT $1::int", 1)
			return err
		}},
		{"a statement that is too large to be taken", func(ctx context.Context, s *store.Store, p *mutable) error {
			p.silent()
			_, err := s.DB.ExecContext(ctx, "SELECT length($1)", make([]byte, 32<<20))
			return err
		}},
		{"rows", func(ctx context.Context, s *store.Store, p *mutable) error {
			return readUntilSilent(ctx, s, p, "SELECT repeat('x', 100) FROM generate_series(1, 100000)")
		}},
		{"rows of a prepared statement", func(ctx context.Context, s *store.Store, p *mutable) error {
			return readUntilSilent(ctx, s, p, "SELECT repeat('x', $1::int) FROM generate_series(1, 100000)", 100)
		}},
		{"a ping", func(ctx context.Context, s *store.Store, p *mutable) error {
			p.silent()
			return s.Ready(ctx)
		}},
		{"the beginning of a transaction", func(ctx context.Context, s *store.Store, p *mutable) error {
			p.silent()
			return s.WithTx(ctx, func(context.Context, *store.Tx) error { return nil })
		}},
		{"a statement in a transaction", func(ctx context.Context, s *store.Store, p *mutable) error {
			return s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				p.silent()
				_, err := tx.ExecContext(ctx, "SELECT $1::int", 1)
				return err
			})
		}},
		{"a statement in a transaction that has more time", func(ctx context.Context, s *store.Store, p *mutable) error {
			longer, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			return s.WithTx(longer, func(_ context.Context, tx *store.Tx) error {
				p.silent()
				_, err := tx.ExecContext(ctx, "SELECT $1::int", 1)
				return err
			})
		}},
		{"a commit", func(ctx context.Context, s *store.Store, p *mutable) error {
			return s.WithTx(ctx, func(context.Context, *store.Tx) error {
				p.silent()
				return nil
			})
		}},
		{"a query of the queue", func(ctx context.Context, s *store.Store, p *mutable) error {
			p.silent()
			_, err := s.Pool.Exec(ctx, "SELECT 1")
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := openMutable(t, storetest.URL(t))
			s, err := store.Open(t.Context(), p.URL, store.Options{MaxConns: 1, CancelWithin: cancelWithin})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- tt.do(ctx, s, p) }()
			select {
			case err := <-done:
				if err == nil {
					t.Error("it succeeded, although the database was silent")
				}
			case <-time.After(stuck):
				t.Fatal("it waits although its context has ended")
			}
			// The pool has one connection, and that is of use again.
			p.talk()
			ctx, cancel = context.WithTimeout(t.Context(), stuck)
			defer cancel()
			if err := s.Ready(ctx); err != nil {
				t.Errorf("the database talks again: %v", err)
			}
			if _, err := s.Pool.Exec(ctx, "SELECT 1"); err != nil {
				t.Errorf("the database talks again: %v", err)
			}
		})
	}
}

// A statement that Postgres cancels in time costs nothing but itself.
func TestACancelledStatementLeavesItsConnection(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), storetest.URL(t), store.Options{MaxConns: 1, CancelWithin: stuck})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	pid := func() (pid int) {
		t.Helper()
		if err := s.DB.QueryRowContext(t.Context(), "SELECT pg_backend_pid() + $1::int", 0).Scan(&pid); err != nil {
			t.Fatal(err)
		}
		return pid
	}
	sleep := func(ctx context.Context, seconds int) error {
		_, err := s.DB.ExecContext(ctx, "SELECT pg_sleep($1::int)", seconds)
		return err
	}
	before := pid()
	if err := sleep(t.Context(), 0); err != nil { // from now on it is prepared
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := sleep(ctx, 3600); err == nil {
		t.Fatal("it slept an hour")
	}
	if after := pid(); before != after {
		t.Error("the connection was given up")
	}
}

func TestASilentDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	p := openMutable(t, storetest.URL(t))
	s, err := store.Open(t.Context(), p.URL, store.Options{MaxConns: 1, CancelWithin: cancelWithin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	p.silent()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = s.DB.ExecContext(ctx, "SELECT $1::int", 1)
	if got := store.Explain(err); apperr.CodeOf(got) != apperr.Unavailable {
		t.Errorf("got %s: %v", apperr.CodeOf(got), got)
	}
}

// River asks for jobs without any limit.
func TestQueriesOfTheQueueAreLimited(t *testing.T) {
	t.Parallel()
	tracer := storetest.OpenAsOwner(t).Pool.Config().ConnConfig.Tracer
	begin := func(ctx context.Context) context.Context {
		return tracer.TraceQueryStart(ctx, nil, pgx.TraceQueryStartData{})
	}
	ctx := begin(t.Context())
	if at, ok := ctx.Deadline(); !ok || time.Until(at) > time.Minute {
		t.Errorf("a query without a limit gets %v (%v)", at, ok)
	}
	tracer.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	if ctx.Err() == nil {
		t.Error("its timer goes on after its end")
	}
	own, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	ctx = begin(own)
	tracer.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
	if at, _ := ctx.Deadline(); time.Until(at) < time.Minute || ctx.Err() != nil {
		t.Errorf("a query with a limit of its own gets %v, %v", at, ctx.Err())
	}
}

// readUntilSilent reads rows, of which the database sends some.
func readUntilSilent(ctx context.Context, s *store.Store, p *mutable, query string, args ...any) error {
	rows, err := s.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var row sql.RawBytes
	for n := 0; rows.Next(); n++ {
		if n == 10 {
			p.silent()
		}
		if err := rows.Scan(&row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// mutable is an address of a database that can go silent: it then accepts
// connections and bytes, and answers nothing. What it was told meanwhile never
// arrives.
type mutable struct {
	URL    string
	target string // path of a Unix socket
	pumps  sync.WaitGroup
	done   chan struct{}

	mu    sync.Mutex
	muted bool
}

func openMutable(t *testing.T, databaseURL string) *mutable {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if query.Get("host") == "" {
		t.Fatalf("the test database is not at a Unix socket: %s", databaseURL)
	}
	p := &mutable{target: filepath.Join(query.Get("host"), ".s.PGSQL.5432"), done: make(chan struct{})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.Host = ln.Addr().String()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.RawQuery = query.Encode()
	p.URL = u.String()
	p.pumps.Go(func() { p.accept(ln) })
	t.Cleanup(func() {
		_ = ln.Close()
		close(p.done)
		p.pumps.Wait()
	})
	return p
}

func (p *mutable) silent() { p.mute(true) }

// talk answers the connections that come from now on.
func (p *mutable) talk() { p.mute(false) }

func (p *mutable) mute(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = on
}

func (p *mutable) accept(ln net.Listener) {
	for {
		near, err := ln.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", p.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		line := &line{proxy: p}
		p.pumps.Go(func() {
			<-p.done
			_, _ = near.Close(), far.Close()
		})
		p.pumps.Go(func() { line.pump(far, near) })
		p.pumps.Go(func() { line.pump(near, far) })
	}
}

// line is one connection. Once it was silent it stays so.
type line struct {
	proxy *mutable
	dead  bool // under the proxy's lock
}

func (l *line) pump(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		l.proxy.mu.Lock()
		l.dead = l.dead || l.proxy.muted
		dead := l.dead
		l.proxy.mu.Unlock()
		if dead { // and nobody reads what is still to come: a writer's buffer fills
			<-l.proxy.done
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
