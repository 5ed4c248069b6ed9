package migration_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/store"
	"github.com/semantest/semantest/internal/store/migration"
	"github.com/semantest/semantest/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestApplyOnceAlsoWhenProcessesStartTogether(t *testing.T) {
	t.Parallel()
	url := storetest.EmptyURL(t)
	var mu sync.Mutex
	var ran []string
	var all sync.WaitGroup
	for range 3 {
		s := open(t, url)
		all.Go(func() {
			names, _, err := migration.Apply(t.Context(), s.DB, s.Pool)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, names...)
		})
	}
	all.Wait()
	files, err := filepath.Glob("../../../ent/migrate/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations found (%v)", err)
	}
	if len(ran) != len(files) {
		t.Errorf("%d migrations ran (%v), want each of %d once", len(ran), ran, len(files))
	}
	again, _, err := migration.Apply(t.Context(), open(t, url).DB, open(t, url).Pool)
	if err != nil || len(again) != 0 {
		t.Errorf("a second time ran %v (%v)", again, err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, storetest.URL(t))
	if _, err := s.DB.ExecContext(t.Context(), "INSERT INTO schema_migrations (version, name) VALUES ('99999999999999', 'future')"); err != nil {
		t.Fatal(err)
	}
	_, _, err := migration.Apply(t.Context(), s.DB, s.Pool)
	if apperr.CodeOf(err) != apperr.Conflict || !strings.Contains(err.Error(), "newer") {
		t.Errorf("got %v", err)
	}
}

// The migrations lead to exactly what the schema describes: planning finds
// nothing to add.
func TestMigrationsMatchTheSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	released := "../../../ent/migrate/migrations"
	if err := os.CopyFS(dir, os.DirFS(released)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := migration.Diff(t.Context(), storetest.EmptyURL(t), dir, "drift"); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(before) {
		t.Errorf("the schema has changed without a migration: run make migration NAME=what_changed")
		for _, f := range after {
			if strings.Contains(f.Name(), "drift") {
				sql, _ := os.ReadFile(filepath.Join(dir, f.Name()))
				t.Logf("%s:\n%s", f.Name(), sql)
			}
		}
	}
}
