package browser_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/browser"
	"github.com/semantest/semantest/executors/executortest"
	"github.com/semantest/semantest/internal/egress"
	"github.com/semantest/semantest/internal/spec"
)

// shared serves the tests that do not break their browser, and site is the
// target of all of them.
var (
	shared *browser.Executor
	site   = &pages{}

	// engine is the browser that the tests are about; Chromium when empty. Not all
	// of them hold for another one: TestEngines has those that must.
	engine = os.Getenv("SEMANTEST_TEST_ENGINE")
)

func TestMain(m *testing.M) {
	// The tests wait for pages most of the time.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	site.server = httptest.NewServer(site)
	policy, err := egress.New(egress.Dev) // as in a server: pages go out by the proxy
	if err != nil {
		panic(err)
	}
	shared = browser.New(browser.Options{Path: os.Getenv("SEMANTEST_BROWSER"), Egress: policy})
	if err := shared.Warm(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "the browser tests need a browser:", err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	site.server.CloseClientConnections()
	os.Exit(code)
}

// pages is a web site whose pages the tests put up.
type pages struct {
	server *httptest.Server
	next   atomic.Int64
	served sync.Map // path → http.HandlerFunc
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h, ok := p.served.Load(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	h.(http.HandlerFunc)(w, r)
}

// put serves a document and returns its path.
func (p *pages) put(html string) string {
	return p.handle(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><html lang=en>" + html))
	})
}

func (p *pages) handle(h http.HandlerFunc) string {
	path := fmt.Sprintf("/p%d", p.next.Add(1))
	p.served.Store(path, h)
	return path
}

// ran is how a case ended.
type ran struct {
	outcome spec.Outcome
	err     error
	*executortest.Recorder
}

func task(steps ...spec.BrowserStep) executors.Task {
	return executors.Task{
		RunID: "run_1", ResultID: "result_1", Attempt: 1,
		Case:  spec.Case{ID: "case", Kind: spec.KindBrowser, BrowserSteps: steps},
		Use:   spec.Use{StepTimeout: spec.Duration(10 * time.Second), Browser: engine},
		Scope: spec.NewScope(map[string]any{"BASE_URL": site.server.URL}, nil),
		Files: fstest.MapFS{},
	}
}

// perform runs a case on the shared browser and checks the contract.
func perform(t *testing.T, steps ...spec.BrowserStep) ran {
	t.Helper()
	return performTask(t, shared, task(steps...))
}

func performTask(t *testing.T, e *browser.Executor, task executors.Task) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	return performUntil(ctx, t, e, task)
}

func performUntil(ctx context.Context, t *testing.T, e *browser.Executor, task executors.Task) ran {
	t.Helper()
	r := ran{Recorder: &executortest.Recorder{}}
	r.outcome, r.err = e.Execute(ctx, task, r.Recorder)
	r.Seal()
	if err := r.Verify(len(task.Case.BrowserSteps), r.outcome, r.err); err != nil {
		t.Errorf("the contract is broken: %v", err)
	}
	return r
}

// on runs steps on a document of their own.
func on(t *testing.T, html string, steps ...spec.BrowserStep) ran {
	t.Helper()
	return perform(t, append([]spec.BrowserStep{open(site.put(html))}, steps...)...)
}

func (r ran) want(t *testing.T, outcome spec.Outcome) ran {
	t.Helper()
	if r.outcome != outcome {
		t.Errorf("outcome %s (%v), want %s", r.outcome, r.err, outcome)
	}
	return r
}

func (r ran) passes(t *testing.T) ran { t.Helper(); return r.want(t, spec.OutcomePassed) }

// ---- steps in few words ----

func open(url string) spec.BrowserStep { return spec.BrowserStep{Goto: &spec.Goto{URL: url}} }

func click(l spec.Locator) spec.BrowserStep { return spec.BrowserStep{Click: &spec.Click{Locator: l}} }

func fill(l spec.Locator, value string) spec.BrowserStep {
	return spec.BrowserStep{Fill: &spec.Fill{Locator: l, Value: value}}
}

func press(key string, l spec.Locator) spec.BrowserStep {
	return spec.BrowserStep{Press: &spec.Press{Locator: l, Key: key}}
}

func expect(e spec.Expect) spec.BrowserStep { return spec.BrowserStep{Expect: &e} }

func text(l spec.Locator, equals string) spec.BrowserStep {
	return expect(spec.Expect{Text: &l, Matcher: spec.Matcher{Equals: &spec.Value{V: equals}}})
}

func within(d time.Duration, s spec.BrowserStep) spec.BrowserStep {
	s.Timeout = spec.Duration(d)
	return s
}

func css(selector string) spec.Locator { return spec.Locator{CSS: selector} }

func role(role, name string) spec.Locator { return spec.Locator{Role: role, Name: name} }
