package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/embedded"
	"github.com/semantest/semantest/internal/runs"
)

// chaos says how much is done while how much goes wrong.
type chaos struct {
	runs          int
	apis, workers int
	lasts         time.Duration // for which things go wrong; the runs start meanwhile
	every         time.Duration // one thing goes wrong, about
	away          time.Duration // that Postgres is, once in the middle; 0 for never
	within        time.Duration // everything has to be over
	seed          uint64        // 0 for a new one each time
}

// All faults at once, for long. It takes minutes, so make faults asks for it.
func TestChaos(t *testing.T) {
	needFaults(t)
	survive(t, chaos{
		runs: 200, apis: 3, workers: 4, lasts: 3 * time.Minute, every: 2500 * time.Millisecond,
		away: 10 * time.Second, within: 6 * time.Minute,
	})
}

func TestChaosBriefly(t *testing.T) {
	t.Parallel()
	survive(t, chaos{
		runs: 16, apis: 2, workers: 2, lasts: 12 * time.Second, every: 1500 * time.Millisecond,
		within: 4 * time.Minute, seed: 1,
	})
}

// needFaults skips a test that takes minutes unless make faults runs it.
func needFaults(t testing.TB) {
	t.Helper()
	if !faults() {
		t.Skip("takes minutes; make faults runs it")
	}
}

// faults reports whether make faults runs the tests: they may take their time.
func faults() bool { return os.Getenv("SEMANTEST_FAULTS") != "" }

// survive starts runs and follows them while processes are killed, and checks
// that in the end nothing is missing and nothing is there twice.
func survive(t *testing.T, c chaos) {
	t.Helper()
	seed := chaosSeed(t, c.seed)
	ctx, cancel := context.WithTimeout(t.Context(), c.within)
	defer cancel()
	f := openFleet(t, c)
	shop, app := openShop(t), openMoody(t)
	plans := chaosPlans(rand.New(rand.NewPCG(seed, 1)), c.runs, app.URL, shop)

	began := time.Now()
	var going sync.WaitGroup
	going.Go(func() { f.harm(ctx, rand.New(rand.NewPCG(seed, 2))) })
	v := &viewers{t: t, fleet: f, address: switchable(t, f.addresses()...).URL}
	started := startAll(ctx, t, f, plans, v)
	going.Wait()
	t.Logf("%d runs started and %d strikes in %s: %s", len(started), f.strikes(), time.Since(began).Round(time.Second), f.record())
	views := v.wait()
	t.Logf("all over after %s", time.Since(began).Round(time.Second))
	f.audit(ctx, t, started, views)
	f.stop(t)
}

// chaosSeed is what SEMANTEST_FAULTS_SEED says, or a new one. With the same one
// the same runs are started and the same processes are killed in the same order;
// what they were just doing is another matter.
func chaosSeed(t testing.TB, seed uint64) uint64 {
	t.Helper()
	if seed == 0 {
		seed = rand.Uint64N(1 << 32)
	}
	if given := os.Getenv("SEMANTEST_FAULTS_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("SEMANTEST_FAULTS_SEED: %v", err)
		}
	}
	t.Logf("to repeat: SEMANTEST_FAULTS_SEED=%d", seed)
	return seed
}

// fleet is all processes of one installation, and what kills them.
type fleet struct {
	chaos
	t     testing.TB
	token string

	apis, workers []*service
	redis         *service
	pgDir         string
	database      string

	mu    sync.Mutex
	pg    *embedded.Postgres
	count map[string]int // strikes by what was struck
}

func openFleet(t testing.TB, c chaos) *fleet {
	t.Helper()
	f := &fleet{chaos: c, t: t, pgDir: filepath.Join(newRoom(t), "pg"), count: map[string]int{}}
	f.startPostgres()
	t.Cleanup(func() { f.stopPostgres() })
	if t.Failed() {
		t.FailNow()
	}
	if err := f.pg.CreateDatabase(t.Context(), "e2e", ""); err != nil {
		t.Fatal(err)
	}
	f.database = f.pg.URL("e2e")
	address := freeAddress(t)
	port := address[strings.LastIndexByte(address, ':')+1:]
	f.redis = keep(t, "redis", launch{
		program: redisProgram(t), args: []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"},
	}, "Ready to accept connections")
	env := []string{
		"SEMANTEST_DATABASE_URL=" + f.database, "SEMANTEST_REDIS_URL=redis://" + address + "/0",
		"SEMANTEST_SECRET_KEY=" + strings.Repeat("A", 43) + "=", "SEMANTEST_EGRESS=dev",
		"SEMANTEST_ARTIFACTS_URL=" + newRoom(t),
	}
	for i := range c.apis {
		f.apis = append(f.apis, keep(t, fmt.Sprintf("api %d", i+1), launch{
			env: env, args: []string{"serve", "--listen", freeAddress(t), "--no-workers"},
		}, "Semantest is ready"))
	}
	for _, s := range f.apis { // they make the tables
		s.awaitReady(t)
	}
	for i := range c.workers {
		f.workers = append(f.workers, keep(t, fmt.Sprintf("worker %d", i+1), launch{
			env: env, args: []string{"work", "--kinds", "api", "--api-slots", "8"},
		}, "worker started"))
	}
	for _, s := range f.workers {
		s.awaitReady(t)
	}
	file := f.apis[0].now().awaitMatch(t, `API token +(\S+)\n`)
	token, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f.token = strings.TrimSpace(string(token))
	return f
}

func (f *fleet) addresses() []string {
	var out []string
	for _, s := range f.apis {
		out = append(out, "http://"+s.launch.args[2])
	}
	return out
}

// stop ends all processes as an administrator does and checks how they take it.
func (f *fleet) stop(t testing.TB) {
	t.Helper()
	for _, s := range append(f.workers, f.apis...) {
		s.finish(t)
	}
}

// startPostgres reports its error instead of ending the test: another goroutine
// may call it.
func (f *fleet) startPostgres() {
	// Not the test's context: a start that it interrupts would leave a server.
	pg, err := embedded.StartPostgres(context.Background(), embedded.PostgresOptions{
		DataDir: f.pgDir, Throwaway: true, Logger: discard,
	})
	if err != nil {
		f.t.Errorf("start Postgres: %v", err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pg = pg
}

func (f *fleet) stopPostgres() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pg == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := f.pg.Stop(ctx); err != nil {
		f.t.Errorf("stop Postgres: %v", err)
	}
	f.pg = nil
}

// frozenFor is long enough for others to take what a worker holds.
const frozenFor = runs.LeaseTime + 8*time.Second
