package embedded_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/embedded"
)

func TestFoldersThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		asRoot   bool // the case exists only for root, or only for others
		onlyUser bool
		make     func(t *testing.T, dir string) string
		want     []string
	}{
		{name: "a file", make: func(t *testing.T, dir string) string {
			t.Helper()
			path := filepath.Join(dir, "file")
			write(t, path, "x", 0o600)
			return path
		}, want: []string{"cannot be used", "not a directory", "--data-dir"}},
		{name: "below a file", make: func(t *testing.T, dir string) string {
			t.Helper()
			write(t, filepath.Join(dir, "file"), "x", 0o600)
			return filepath.Join(dir, "file", "data")
		}, want: []string{"cannot be used", "not a directory"}},
		{name: "not writable", onlyUser: true, make: func(t *testing.T, dir string) string {
			t.Helper()
			path := filepath.Join(dir, "closed")
			if err := os.Mkdir(path, 0o500); err != nil {
				t.Fatal(err)
			}
			return path
		}, want: []string{"cannot be used; make it writable or choose another with --data-dir: permission denied"}},
		{name: "not writable by anyone", make: func(*testing.T, string) string {
			return "/proc/semantest"
		}, want: []string{"cannot be used; make it writable or choose another with --data-dir"}},
		{name: "behind a closed parent", asRoot: true, make: func(t *testing.T, dir string) string {
			t.Helper()
			if err := os.Chmod(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			return filepath.Join(dir, "not", "made")
		}, want: []string{"PostgreSQL refuses to run as root and runs as ", "may not enter", "/var/lib/semantest"}},
		{name: "closed, with another's files", asRoot: true, make: func(t *testing.T, dir string) string {
			t.Helper()
			write(t, filepath.Join(dir, "precious"), "x", 0o600)
			if err := os.Chmod(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		}, want: []string{"may not enter"}},
		{name: "another major version", make: func(t *testing.T, dir string) string {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "postgres", "PG_VERSION"), "9\n", 0o644)
			return dir
		}, want: []string{"was made by PostgreSQL 9", "install postgresql-9", "--data-dir"}},
	}
	root := os.Geteuid() == 0
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if (tt.asRoot && !root) || (tt.onlyUser && root) {
				t.Skip("does not exist for this user")
			}
			dir := tt.make(t, reachableDir(t))
			pg, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{DataDir: dir})
			if err == nil {
				_ = pg.Stop(context.Background())
				t.Fatal("it started")
			}
			if got := apperr.CodeOf(err); got != apperr.InvalidInput {
				t.Errorf("code %s", got)
			}
			if _, err := os.Stat(filepath.Dir(dir)); filepath.Base(dir) == "made" && err == nil {
				t.Error("a refused folder was made all the same")
			}
			for _, w := range append(tt.want, dir) {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error lacks %q:\n%s", w, err)
				}
			}
		})
	}
}

func TestWhatPostgresSaysReachesTheError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, initdb, postgres, want string
	}{
		{"disk full at initdb",
			"echo 'creating configuration files ... '; echo 'initdb: error: could not write file \"x\": No space left on device' >&2; exit 1", "exit 1",
			"cannot make a database in DIR: initdb: error: could not write file \"x\": No space left on device"},
		{"disk full at start",
			"mkdir -p $2; echo 17 > $2/PG_VERSION",
			"echo '2026-01-01 00:00:00.000 UTC [7] FATAL:  could not write lock file \"postmaster.pid\": No space left on device' >&2; echo '2026-01-01 00:00:00.000 UTC [7] PANIC:  cannot abort' >&2; exit 1",
			"PostgreSQL does not start on DIR (exit status 1): FATAL: could not write lock file \"postmaster.pid\": No space left on device"},
		{"killed without a word", "mkdir -p $2; echo 17 > $2/PG_VERSION", "kill -9 $$",
			"PostgreSQL does not start on DIR (signal: killed): it said nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bin := reachableDir(t)
			write(t, filepath.Join(bin, "initdb"), "#!/bin/sh\nif [ $1 = --version ]; then echo 'initdb (PostgreSQL) 17.2'; exit; fi\n"+tt.initdb, 0o755)
			write(t, filepath.Join(bin, "postgres"), "#!/bin/sh\n"+tt.postgres, 0o755)
			dir := reachableDir(t)
			_, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{DataDir: dir, BinDir: bin})
			if apperr.CodeOf(err) != apperr.Unavailable {
				t.Fatalf("got %v", err)
			}
			if want := strings.ReplaceAll(tt.want, "DIR", dir); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

func TestMissingInstallation(t *testing.T) {
	t.Parallel()
	_, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{DataDir: reachableDir(t), BinDir: t.TempDir()})
	if apperr.CodeOf(err) != apperr.Unavailable || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("got %v", err)
	}
}

// Not parallel: it moves the temporary folder.
func TestTemporaryFoldersOfTheDeadAreSwept(t *testing.T) {
	tmp := reachableDir(t)
	t.Setenv("TMPDIR", tmp)
	running := start(t, embedded.PostgresOptions{}).DataDir()
	dead, fresh := filepath.Join(tmp, "semantest-pg-dead"), filepath.Join(tmp, "semantest-pg-fresh")
	for _, dir := range []string{dead, fresh} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "semantest.lock"), "1\n", 0o600)
	}
	old := time.Now().Add(-time.Hour)
	for _, dir := range []string{running, dead} {
		if err := os.Chtimes(filepath.Join(dir, "semantest.lock"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	start(t, embedded.PostgresOptions{})
	for dir, want := range map[string]bool{running: true, fresh: true, dead: false} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v", filepath.Base(dir), err == nil, want)
		}
	}
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
