package storetest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/migration"
)

const template = "template_semantest"

// cluster is the Postgres of this test binary; it starts with the first test
// that needs it.
var cluster struct {
	once   sync.Once
	server *embedded.Postgres
	err    error
	copies sync.Mutex // Postgres copies a template for one at a time
	next   atomic.Int64
}

// Main runs the tests of a package and ends the cluster.
func Main(m *testing.M) {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the test cluster:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Stop ends the cluster, for a TestMain that has more to do.
func Stop() error {
	if cluster.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return cluster.server.Stop(ctx)
}

// URL returns the address of a fresh, migrated database.
func URL(t testing.TB) string {
	t.Helper()
	return database(t, template)
}

// EmptyURL returns the address of a fresh database without any table.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return database(t, "")
}

// Open returns a store on a fresh, migrated database, which is closed with the
// test. It acts as the role that serves; contexts that name no project see all.
func Open(t testing.TB) *store.Store {
	t.Helper()
	return open(t, store.Options{Role: store.Role, AllProjects: true})
}

// OpenAsOwner is Open for a test that changes tables, or looks at what others do
// in the database.
func OpenAsOwner(t testing.TB) *store.Store {
	t.Helper()
	return open(t, store.Options{AllProjects: true})
}

func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	o.MaxConns = 8
	s, err := store.Open(t.Context(), URL(t), o)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the test database: %v", err)
		}
	})
	return s
}

func database(t testing.TB, from string) string {
	t.Helper()
	cluster.once.Do(func() { cluster.server, cluster.err = start() })
	if cluster.err != nil {
		t.Fatalf("start the test cluster: %v", cluster.err)
	}
	name := "test_" + strconv.FormatInt(cluster.next.Add(1), 10)
	cluster.copies.Lock()
	err := cluster.server.CreateDatabase(t.Context(), name, from)
	cluster.copies.Unlock()
	if err != nil {
		t.Fatalf("create the test database: %v", err)
	}
	t.Cleanup(func() {
		// The test's context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := cluster.server.DropDatabase(ctx, name); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return cluster.server.URL(name)
}

func start() (*embedded.Postgres, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	server, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{Throwaway: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	if err := server.CreateDatabase(ctx, template, ""); err != nil {
		return server, err
	}
	s, err := store.Open(ctx, server.URL(template), store.Options{})
	if err != nil {
		return server, err
	}
	defer func() { _ = s.Close() }() // nobody may be connected to a template
	_, _, err = migration.Apply(ctx, s.DB, s.Pool)
	return server, err
}
