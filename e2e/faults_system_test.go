package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/semantest/semantest/internal/cli/client"
)

// system is one Postgres and one Redis that several processes share.
type system struct {
	database string
	redis    *redisServer
	env      []string
}

func newSystem(t testing.TB) *system {
	t.Helper()
	_, database := ownPostgres(t) // the shared one has too few connections for several processes
	return systemOn(t, database)
}

func systemOn(t testing.TB, database string) *system {
	t.Helper()
	s := &system{database: database, redis: startRedis(t)}
	s.env = []string{
		"SEMANTEST_DATABASE_URL=" + s.database, "SEMANTEST_REDIS_URL=" + s.redis.URL(),
		"SEMANTEST_SECRET_KEY=" + strings.Repeat("A", 43) + "=", "SEMANTEST_EGRESS=dev",
	}
	return s
}

// api starts a process that serves the graph and performs no case.
func (s *system) api(t testing.TB, args ...string) *server {
	t.Helper()
	return serve(t, launch{env: s.env, args: append([]string{"--no-workers"}, args...)})
}

// worker starts a process that performs api cases, this many at once, and
// returns when it takes them.
func (s *system) worker(t testing.TB, slots int) *process {
	t.Helper()
	p := work(t, launch{env: s.env, args: []string{"--kinds", "api", "--api-slots", fmt.Sprint(slots)}})
	p.awaitOutput(t, "worker started")
	return p
}

// lock performs a query and keeps what it locks until the returned function is
// called.
func (s *system) lock(t testing.TB, query string, args ...any) (unlock func()) {
	t.Helper()
	conn := s.connect(t)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// await returns when a query of the database answers true.
func (s *system) await(t testing.TB, what, query string) {
	t.Helper()
	conn := s.connect(t)
	waitFor(t, what, func() bool {
		var holds bool
		if err := conn.QueryRow(t.Context(), query).Scan(&holds); err != nil {
			t.Fatal(err)
		}
		return holds
	})
}

func (s *system) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// workerID is the worker's name in the results.
func workerID(t testing.TB, p *process) string {
	t.Helper()
	return p.awaitMatch(t, `worker started.* worker=(\S+)`)
}

// doors is an application under test that answers GET /NAME once the door of
// that name is open. A door lets as many through as it was told to.
type doors struct {
	URL string

	mu     sync.Mutex
	came   map[string]int
	places map[string]int
	moved  chan struct{}
}

func openDoors(t testing.TB) *doors {
	t.Helper()
	d := &doors{came: map[string]int{}, places: map[string]int{}, moved: make(chan struct{})}
	ctx, shut := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.enter(ctx, r) {
			answerJSON(w, `{"ok": true}`)
		}
	}))
	d.URL = server.URL
	t.Cleanup(func() {
		shut()
		server.CloseClientConnections()
		server.Close()
	})
	return d
}

func (d *doors) enter(ctx context.Context, r *http.Request) bool {
	name := r.URL.Path
	d.mu.Lock()
	defer d.mu.Unlock()
	d.came[name]++
	for d.places[name] <= 0 {
		moved := d.moved
		d.mu.Unlock()
		select {
		case <-moved:
		case <-r.Context().Done():
		case <-ctx.Done():
		}
		d.mu.Lock()
		if r.Context().Err() != nil || ctx.Err() != nil {
			return false
		}
	}
	d.places[name]--
	return true
}

// open lets n more through the door.
func (d *doors) open(name string, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.places[name] += n
	close(d.moved)
	d.moved = make(chan struct{})
}

// await returns when n have come to the door in all.
func (d *doors) await(t testing.TB, name string, n int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%d came to %s", n, name), func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.came[name] >= n
	})
}

// all is more than any test asks for.
const all = 1 << 20

// plan returns a plan of n api cases with one request each; beyond 100, in
// hundreds.
func plan(base, path, use string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: \"1\"\nname: Faults\nenv: {BASE_URL: %q}\nuse: {timeout: 2m, stepTimeout: 2m, %s}\n", base, use)
	if n > 100 {
		var rounds []string
		for i := range n / 100 {
			rounds = append(rounds, strconv.Quote(strconv.Itoa(i)))
		}
		fmt.Fprintf(&b, "matrix: {round: [%s]}\n", strings.Join(rounds, ", "))
	}
	b.WriteString("cases:\n")
	for i := range min(n, 100) {
		fmt.Fprintf(&b, "  - {id: c%d, kind: api, steps: [{http: %q}]}\n", i+1, path)
	}
	return b.String()
}

func startRun(t testing.TB, c *client.Client, source string) string {
	t.Helper()
	id, err := c.StartRun(t.Context(), client.Start{Source: source})
	if err != nil {
		t.Fatalf("start the run: %v", err)
	}
	return id
}

func fetchRun(t testing.TB, c *client.Client, id string) *client.Run {
	t.Helper()
	run, err := c.FetchRun(t.Context(), id)
	if err != nil {
		t.Fatalf("read the run: %v", err)
	}
	return run
}
