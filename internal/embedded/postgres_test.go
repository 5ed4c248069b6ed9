package embedded_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/lib/pq"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/embedded"
)

func TestStartStopRestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachableDir(t), "data")

	pg := start(t, embedded.PostgresOptions{DataDir: dir})
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("data folder has mode %o, want 700", got)
	}
	if err := pg.CreateDatabase(t.Context(), `odd "name"`, ""); err != nil {
		t.Fatal(err)
	}
	exec1(t, pg, `odd "name"`, "CREATE TABLE kept (n int)")
	stop(t, pg)
	if err := pg.Err(); err != nil {
		t.Errorf("Err after Stop: %v", err)
	}
	if left := serversOf(t, dir); len(left) > 0 {
		t.Errorf("processes left behind: %v", left)
	}

	again := start(t, embedded.PostgresOptions{DataDir: dir})
	exec1(t, again, `odd "name"`, "INSERT INTO kept VALUES (1)")
	if got := setting(t, again, "fsync"); got != "on" {
		t.Errorf("fsync is %s on a real data folder", got)
	}
	stop(t, again)
}

func TestTemporaryFolder(t *testing.T) {
	t.Parallel()
	pg := start(t, embedded.PostgresOptions{Throwaway: true})
	dir := pg.DataDir()
	for name, want := range map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "listen_addresses": "", "server_encoding": "UTF8"} {
		if got := setting(t, pg, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if err := pg.CreateDatabase(t.Context(), "template", ""); err != nil {
		t.Fatal(err)
	}
	exec1(t, pg, "template", "CREATE TABLE copied (n int)")
	if err := pg.CreateDatabase(t.Context(), "copy", "template"); err != nil {
		t.Fatal(err)
	}
	exec1(t, pg, "copy", "INSERT INTO copied VALUES (1)")
	if err := pg.CreateDatabase(t.Context(), "copy", ""); err == nil {
		t.Error("a second database of the same name was made")
	}
	if err := pg.DropDatabase(t.Context(), "copy"); err != nil {
		t.Error(err)
	}
	stop(t, pg)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
}

func TestBothDriversTakeTheURL(t *testing.T) {
	t.Parallel()
	pg := start(t, embedded.PostgresOptions{Throwaway: true})
	if err := pg.CreateDatabase(t.Context(), "a b/c?d", ""); err != nil {
		t.Fatal(err)
	}
	const q = "SELECT current_database() || ' as ' || current_user"
	const want = "a b/c?d as postgres"

	db, err := sql.Open("postgres", pg.URL("a b/c?d"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got string
	if err := db.QueryRowContext(t.Context(), q).Scan(&got); err != nil || got != want {
		t.Errorf("lib/pq: %q, %v; want %q", got, err, want)
	}
	conn, err := pgx.Connect(t.Context(), pg.URL("a b/c?d"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), q).Scan(&got); err != nil || got != want {
		t.Errorf("pgx: %q, %v; want %q", got, err, want)
	}
}

func TestSecondOwnerIsRefused(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true})
	_, err := embedded.StartPostgres(t.Context(), embedded.PostgresOptions{DataDir: dir})
	want := "data folder " + dir + " is in use by process " + strconv.Itoa(os.Getpid()) + "; stop it or choose another with --data-dir"
	if apperr.CodeOf(err) != apperr.Conflict || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestStartAfterOwnerWasKilled(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerFolder+"="+dir)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if line != "ready\n" {
		t.Fatalf("owner said %q", line)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait()

	pg := start(t, embedded.PostgresOptions{DataDir: dir})
	exec1(t, pg, "kept", "SELECT 1")
	stop(t, pg)
	if left := serversOf(t, dir); len(left) > 0 {
		t.Errorf("processes left behind: %v", left)
	}
}

// A postmaster.pid may name a process that lives and is something else: after
// a restart of a container its own program often has the number.
func TestStalePIDOfALivingStranger(t *testing.T) {
	t.Parallel()
	for _, content := range []string{strconv.Itoa(os.Getppid()) + "\n", "1\n", ""} {
		dir := reachableDir(t)
		stop(t, start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true}))
		path := filepath.Join(dir, "postgres", "postmaster.pid")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		giveTo(t, path, filepath.Join(dir, "postgres"))
		stop(t, start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true}))
	}
}

func TestKilledServerIsNoticed(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	pg := start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true})
	if err := pg.Err(); err != nil {
		t.Fatalf("Err of a running server: %v", err)
	}
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-pg.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("Done did not fire")
	}
	if err := pg.Err(); apperr.CodeOf(err) != apperr.Unavailable || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("Err = %v", err)
	}
	stop(t, pg)
	stop(t, start(t, embedded.PostgresOptions{DataDir: dir}))
}

func TestStopKillsAServerThatHangs(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	pg := start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true})
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := pg.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-pg.Done():
	default:
		t.Error("Stop returned while the server lives")
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := reachableDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.StartPostgres(ctx, embedded.PostgresOptions{DataDir: dir}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if left := serversOf(t, dir); len(left) > 0 {
		t.Errorf("processes left behind: %v", left)
	}
	start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true})
}

func TestLongFolderGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(reachableDir(t), strings.Repeat("long/", 30))
	for range 2 {
		pg := start(t, embedded.PostgresOptions{DataDir: dir, Throwaway: true})
		exec1(t, pg, "postgres", "SELECT 1")
		stop(t, pg)
	}
}

func start(t *testing.T, opts embedded.PostgresOptions) *embedded.Postgres {
	t.Helper()
	opts.Logger = slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	begun := time.Now()
	pg, err := embedded.StartPostgres(t.Context(), opts)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Logf("ready after %v", time.Since(begun).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, pg) })
	return pg
}

func stop(t *testing.T, pg *embedded.Postgres) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := pg.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func exec1(t *testing.T, pg *embedded.Postgres, database, query string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pg.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func setting(t *testing.T, pg *embedded.Postgres, name string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pg.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var v string
	if err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// reachableDir returns an empty folder that the server's account can enter:
// t.TempDir's parents are closed to it when the tests run as root.
func reachableDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "semantest-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func giveTo(t *testing.T, path, like string) {
	t.Helper()
	info, err := os.Stat(like)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(path, int(st.Uid), int(st.Gid)); err != nil {
		t.Fatal(err)
	}
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// serversOf lists the processes whose working folder lies in the data folder.
func serversOf(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, l := range links {
		if cwd, err := os.Readlink(l); err == nil && strings.HasPrefix(cwd, dir+"/") {
			found = append(found, l)
		}
	}
	return found
}

type logWriter struct{ t *testing.T }

func (w logWriter) Write(p []byte) (int, error) {
	return w.t.Output().Write(p)
}
