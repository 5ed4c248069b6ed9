package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/semantest/semantest/internal/apperr"
)

// Superuser is the role that URL connects as; the socket's folder, which only
// the server's own account and root can enter, is what guards it.
const Superuser = "postgres"

const (
	readyTimeout = 60 * time.Second // crash recovery of a large folder takes its time
	fastTimeout  = 10 * time.Second // SIGINT: roll back, checkpoint, exit
	quitTimeout  = 3 * time.Second  // SIGQUIT: exit at once, recover at the next start
)

// PostgresOptions says where and how the server runs. The zero value is a
// server in a temporary folder.
type PostgresOptions struct {
	// DataDir is the data folder, made where it is missing (mode 0700). Empty
	// means a temporary folder that Stop removes.
	DataDir string
	// Throwaway trades durability for speed: a crash of the machine may lose
	// or damage the data. A temporary folder is always throwaway.
	Throwaway bool
	// BinDir is the folder of initdb and postgres; it is searched for when empty.
	BinDir string
	// Logger gets what the server writes to stderr; slog.Default when nil.
	Logger *slog.Logger
}

// Postgres is a running child server. Its methods may be called from several
// goroutines.
type Postgres struct {
	folder *folder
	server *server
	run    string // folder of the socket
	runTmp bool

	stop    sync.Once
	stopErr error
}

// StartPostgres starts a server on the data folder and returns when it answers
// queries: within about a second on an empty folder, and 0.1 s on an existing
// one. ctx bounds the start, not the server's life: that ends with Stop, or
// with this process, however that ends.
//
// Errors have the code Conflict when another program uses the folder,
// InvalidInput when the folder cannot be used, and Unavailable when
// PostgreSQL is not installed or does not start.
func StartPostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	f, err := openFolder(opts.DataDir)
	if err != nil {
		return nil, err
	}
	p, err := startIn(ctx, f, opts)
	if err != nil {
		_ = f.close() // the reason is the first error
		return nil, err
	}
	return p, nil
}

func startIn(ctx context.Context, f *folder, opts PostgresOptions) (*Postgres, error) {
	bin, err := findBinaries(ctx, opts.BinDir, f)
	if err != nil {
		return nil, err
	}
	run, runTmp, err := f.socketDir()
	if err != nil {
		return nil, err
	}
	p := &Postgres{folder: f, run: run, runTmp: runTmp}
	if !f.hasCluster() {
		if err := initCluster(ctx, bin, f); err != nil {
			p.removeRun()
			return nil, err
		}
	}
	if err := p.boot(ctx, bin, opts); err != nil {
		p.removeRun()
		return nil, err
	}
	return p, nil
}

// URL returns a connection string for a database of this server; lib/pq and
// pgx both take it.
func (p *Postgres) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(Superuser),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {p.run}, "port": {socketPort}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// DataDir returns the data folder's absolute path.
func (p *Postgres) DataDir() string { return p.folder.path }

// CreateDatabase makes a database, as a copy of template unless that is empty.
// No one may be connected to the template meanwhile.
func (p *Postgres) CreateDatabase(ctx context.Context, name, template string) error {
	sql := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		sql += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	if err := p.exec(ctx, sql); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// DropDatabase removes a database and ends the connections to it; one that is
// not there is no error.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	if err := p.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// Done is closed when the server has ended, whoever ended it.
func (p *Postgres) Done() <-chan struct{} { return p.server.done }

// Err says why the server ended: nil while it runs and after Stop, else an
// error with its last words.
func (p *Postgres) Err() error { return p.server.unexpected() }

// Stop ends the server: it rolls back what is open and shuts down, and is
// killed where it does not within 13 s or when ctx ends. A temporary folder is
// removed. Every call returns what the first one did.
func (p *Postgres) Stop(ctx context.Context) error {
	p.stop.Do(func() {
		first := syscall.SIGINT
		if p.folder.temporary {
			first = syscall.SIGQUIT // nothing is kept, so no checkpoint either
		}
		p.server.stop(ctx, first)
		p.removeRun()
		p.stopErr = p.folder.close()
	})
	return p.stopErr
}

// boot starts the server until it answers. The shared memory of a server that
// was killed a moment ago lives as long as its last backend, so that refusal
// alone is tried again.
func (p *Postgres) boot(ctx context.Context, bin binaries, opts PostgresOptions) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := p.folder.awaitPredecessor(ctx); err != nil {
		return err
	}
	for {
		if err := p.folder.adoptStalePID(); err != nil {
			return err
		}
		s, err := startServer(bin, p.folder, p.arguments(opts), opts.Logger)
		if err != nil {
			return err
		}
		p.server = s
		err = p.awaitReady(ctx)
		if err == nil {
			return nil
		}
		s.stop(ctx, syscall.SIGQUIT)
		if !strings.Contains(s.tail.String(), "pre-existing shared memory block") || !pause(ctx, 50*time.Millisecond) {
			return err
		}
	}
}

func (p *Postgres) arguments(opts PostgresOptions) []string {
	settings := []string{
		"cluster_name=semantest",
		"shared_buffers=64MB",
		"max_connections=100",
		"max_parallel_workers_per_gather=0", // small queries on few cores; also spares /dev/shm in containers
		"jit=off",
		"random_page_cost=1.1",
		"wal_level=minimal",
		"max_wal_senders=0",
		"max_wal_size=512MB",
		"log_checkpoints=off",
		"unix_socket_permissions=0700",
	}
	if opts.Throwaway || p.folder.temporary {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"max_connections=400") // one cluster serves the servers of many tests at a time
	}
	args := []string{"-D", p.folder.cluster(), "-k", p.run, "-p", socketPort, "-h", ""}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

func (p *Postgres) awaitReady(ctx context.Context) error {
	wait := 2 * time.Millisecond
	for {
		err := p.exec(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-p.server.done:
			timer.Stop()
			return apperr.New(apperr.Unavailable, "PostgreSQL does not start on %s (%s): %s", p.folder.path, p.server.how(), p.server.tail.lastWords())
		case <-ctx.Done():
			timer.Stop()
			return apperr.Wrap(context.Cause(ctx), apperr.Unavailable, "PostgreSQL on %s was not ready in time (last answer: %v)", p.folder.path, err)
		case <-timer.C:
		}
		wait = min(wait*3/2, 25*time.Millisecond)
	}
}

func (p *Postgres) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	if cerr := conn.Close(ctx); err == nil {
		err = cerr
	}
	return err
}

func (p *Postgres) removeRun() {
	if p.runTmp {
		_ = os.RemoveAll(p.run)
	}
}

// initCluster makes the cluster beside its place and moves it there when it is
// whole, so that an interrupted start leaves nothing that looks like one.
func initCluster(ctx context.Context, bin binaries, f *folder) error {
	fresh := filepath.Join(f.path, "postgres.new")
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear the rest of an interrupted start: %w", err)
	}
	if err := f.mkdir(fresh); err != nil {
		return err
	}
	out, err := runAs(ctx, f.account, f.path, bin.initdb, "-D", fresh, "-U", Superuser,
		"-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		_ = os.RemoveAll(fresh)
		return apperr.Wrap(err, apperr.Unavailable, "cannot make a database in %s: %s", f.path, out.lastWords())
	}
	if err := os.Rename(fresh, f.cluster()); err != nil {
		return fmt.Errorf("move the new database into place: %w", err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
