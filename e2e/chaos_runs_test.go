package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/cli/client"
)

// chaosPlan is a plan and the outcomes that its cases may have.
type chaosPlan struct {
	source string
	cases  map[string][]string // case id: outcomes
}

// chaosPlans returns plans of mixed sizes: some cases are fast, some slow, some
// pass at the second try only, some never do.
func chaosPlans(rng *rand.Rand, n int, app, shop string) []chaosPlan {
	out := make([]chaosPlan, n)
	for i := range out {
		size := 1
		switch d := rng.IntN(10); {
		case d >= 8:
			size = 20 + rng.IntN(20)
		case d >= 4:
			size = 3 + rng.IntN(8)
		}
		p := chaosPlan{cases: map[string][]string{}}
		var b strings.Builder
		fmt.Fprintf(&b, "version: \"1\"\nname: Chaos %d\nenv: {BASE_URL: %q}\n", i+1, app)
		fmt.Fprintf(&b, "use: {timeout: 3m, stepTimeout: 2m, retries: 1, parallel: %d}\ncases:\n", 1+rng.IntN(6))
		for j := range size {
			id := "c" + strconv.Itoa(j+1)
			var steps string
			switch d := rng.IntN(10); {
			case d < 4:
				steps, p.cases[id] = step("/ok"), []string{"passed"}
			case d < 6:
				steps = step(shop+"/api/products?limit=2") + ", " + step(shop+"/api/products?q=tea")
				p.cases[id] = []string{"passed"}
			case d < 8:
				steps = step(fmt.Sprintf("/slow/%d", 100+rng.IntN(2000))) + ", " + step(fmt.Sprintf("/slow/%d", 100+rng.IntN(1000)))
				p.cases[id] = []string{"passed"}
			case d < 9: // passes at once where its first worker was lost
				steps, p.cases[id] = step("/moody/${{ attempt }}"), []string{"flaky", "passed"}
			default:
				steps, p.cases[id] = step("/ok")+", "+step("/bad"), []string{"failed"}
			}
			fmt.Fprintf(&b, "  - {id: %s, kind: api, steps: [%s]}\n", id, steps)
		}
		p.source = b.String()
		out[i] = p
	}
	return out
}

func step(address string) string { return fmt.Sprintf("{http: %q, check: [{status: 200}]}", address) }

// openMoody is the application under test: what it answers depends on nothing
// but the address.
func openMoody(t testing.TB) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, `{"ok": true}`) })
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/moody/{attempt}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("attempt") == "1" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/slow/{ms}", func(_ http.ResponseWriter, r *http.Request) {
		if ms, err := strconv.Atoi(r.PathValue("ms")); err == nil {
			pause(r.Context(), time.Duration(ms)*time.Millisecond)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// chaosRun is a run that was started.
type chaosRun struct {
	id, key string
	plan    chaosPlan
}

// startAll starts the plans one after the other while things go wrong, and has
// each run followed.
func startAll(ctx context.Context, t testing.TB, f *fleet, plans []chaosPlan, v *viewers) []chaosRun {
	t.Helper()
	var (
		mu   sync.Mutex
		out  []chaosRun
		next = make(chan int)
		all  sync.WaitGroup
	)
	for range 4 {
		all.Go(func() {
			for i := range next {
				r := chaosRun{key: fmt.Sprintf("chaos-%d", i), plan: plans[i]}
				if r.id = startPersistently(ctx, t, f, i, r); r.id == "" {
					continue
				}
				v.watch(ctx, i, r.id)
				mu.Lock()
				out = append(out, r)
				mu.Unlock()
			}
		})
	}
	for i := range plans {
		next <- i
		pause(ctx, f.lasts*9/10/time.Duration(len(plans)))
	}
	close(next)
	all.Wait()
	return out
}

// startPersistently starts a run at whichever server answers. Some callers ask
// several at once, or again although they have an answer.
func startPersistently(ctx context.Context, t testing.TB, f *fleet, i int, r chaosRun) string {
	t.Helper()
	callers := 1
	if i%5 == 0 {
		callers = 2
	}
	answers := make(chan string, callers)
	for n := range callers {
		go func() { answers <- f.startRun(ctx, i+n, r) }()
	}
	id := <-answers
	for range callers - 1 {
		if other := <-answers; other != id {
			t.Errorf("one key started run %q and run %q", id, other)
		}
	}
	if i%7 == 0 {
		if again := f.startRun(ctx, i+1, r); again != id {
			t.Errorf("one key started run %q and later %q", id, again)
		}
	}
	return id
}

// startRun asks one server after the other until one has started the run.
func (f *fleet) startRun(ctx context.Context, first int, r chaosRun) string {
	addresses := f.addresses()
	for n := first; ctx.Err() == nil; n++ {
		c, err := client.New(addresses[n%len(addresses)], f.token)
		if err != nil {
			f.t.Error(err)
			return ""
		}
		id, err := c.StartRun(ctx, client.Start{Source: r.plan.source, Key: r.key})
		if err == nil {
			return id
		}
		if apperr.CodeOf(err) != apperr.Unavailable && ctx.Err() == nil {
			f.t.Errorf("start %s: %v", r.key, err)
			return ""
		}
		pause(ctx, 100*time.Millisecond)
	}
	f.t.Errorf("start %s: no time is left", r.key)
	return ""
}
