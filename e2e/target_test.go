package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// target is an application under test whose answers the test holds in its hand.
//
//	/ok            200 and {"ok": true}
//	/fail          500 and a long body
//	/flaky/NAME    500 the first time, then 200
//	/echo          200 and the header X-Say, in the body and in a header
//	/form          a page with a password field
//	/hold          nothing until release, then 200
//	/meet/N        nothing until N requests are there at once, then 200
type target struct {
	URL     string
	release func()

	released chan struct{}
	mu       sync.Mutex
	asked    map[string]int
	met      map[string]chan struct{}
}

func openTarget(t testing.TB) *target {
	t.Helper()
	a := &target{released: make(chan struct{}), asked: map[string]int{}, met: map[string]chan struct{}{}}
	a.release = sync.OnceFunc(func() { close(a.released) })
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, `{"ok": true}`) })
	mux.HandleFunc("/fail", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprint(w, strings.Repeat("All is lost.\n", 20_000))
	})
	mux.HandleFunc("/flaky/{name}", func(w http.ResponseWriter, r *http.Request) {
		if a.times(r.URL.Path) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Said", r.Header.Get("X-Say"))
		answerJSON(w, fmt.Sprintf(`{"said": %q}`, r.Header.Get("X-Say")))
	})
	mux.HandleFunc("/form", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, `<!doctype html><title>Form</title><label>Password <input id="p"></label><output id="o">nothing</output>
			<script>p.oninput = () => { o.textContent = p.value; console.error("typed " + p.value) }</script>`)
	})
	mux.HandleFunc("/hold", func(_ http.ResponseWriter, r *http.Request) { await(r, a.released) })
	mux.HandleFunc("/meet/{n}", func(_ http.ResponseWriter, r *http.Request) { await(r, a.meeting(r.PathValue("n"))) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked[r.URL.Path]++
		a.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	a.URL = server.URL
	t.Cleanup(func() {
		a.release()
		server.CloseClientConnections()
		server.Close()
	})
	return a
}

// awaitAsked returns when a path has been asked for n times in all.
func (a *target) awaitAsked(t testing.TB, path string, n int) {
	t.Helper()
	waitFor(t, fmt.Sprintf("%s was asked for %d times", path, n), func() bool { return a.times(path) >= n })
}

func (a *target) times(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked[path]
}

// meeting returns what is closed once enough requests are there.
func (a *target) meeting(n string) chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.met[n] == nil {
		a.met[n] = make(chan struct{})
	}
	if fmt.Sprint(a.asked["/meet/"+n]) == n {
		close(a.met[n])
	}
	return a.met[n]
}

func await(r *http.Request, c <-chan struct{}) {
	select {
	case <-c:
	case <-r.Context().Done():
	}
}

func answerJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprint(w, body)
}
