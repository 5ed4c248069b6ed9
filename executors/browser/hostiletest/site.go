package hostiletest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing/fstest"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

const (
	passing = 15 * time.Second       // limit of a step that should pass
	failing = 900 * time.Millisecond // and of one that should fail
)

// starved is what a step says that had no time for a second look, or got no
// answer, as on a machine that does too much at once. Its outcome is right all the
// same.
func starved(said string) bool {
	return strings.Contains(said, "has only just appeared after") || strings.Contains(said, "the page does not answer")
}

// Site serves the pages and counts what they tell.
type Site struct {
	server *httptest.Server
	pages  []Page
	runs   atomic.Int64

	mu   sync.Mutex
	told map[string]int // "hit 7", "miss 7": by run
}

// NewSite starts a site. Its caller closes it.
func NewSite() *Site {
	s := &Site{pages: Pages(), told: map[string]int{}}
	s.server = httptest.NewServer(s)
	return s
}

// Close ends the site.
func (s *Site) Close() { s.server.CloseClientConnections(); s.server.Close() }

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what, run := strings.Trim(r.URL.Path, "/"), r.URL.Query().Get("run")
	switch {
	case r.Method == http.MethodPost && (what == "hit" || what == "miss"):
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told[what+" "+run]++
	case what == "page" || what == "inner":
		n, err := strconv.Atoi(r.URL.Query().Get("n"))
		if err != nil || n < 0 || n >= len(s.pages) {
			http.NotFound(w, r)
			return
		}
		html := s.pages[n].HTML
		if what == "inner" {
			html = s.pages[n].Inner
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, "<!doctype html><html lang=en><title>Hostile</title>", counting, strings.ReplaceAll(html, "{{inner}}", fmt.Sprintf("/inner?n=%d&run=%s", n, url.QueryEscape(run))))
	default:
		http.NotFound(w, r)
	}
}

// Pages lists the pages of the site.
func (s *Site) Pages() []Page { return s.pages }

// Try performs the step of a page, by its number, and says what was wrong with
// the outcome; "" when it is right.
func (s *Site) Try(ctx context.Context, e executors.Executor, n int) string {
	page, run := s.pages[n], strconv.FormatInt(s.runs.Add(1), 10)
	step := page.Step
	step.Timeout = spec.Duration(passing)
	if page.Want != "" {
		step.Timeout = spec.Duration(failing)
	}
	steps := append([]spec.BrowserStep{{Goto: &spec.Goto{URL: fmt.Sprintf("/page?n=%d&run=%s", n, run)}}}, page.Ahead...)
	steps = append(steps, step)
	if step.Scroll != nil {
		steps = append(steps, spec.BrowserStep{Click: &spec.Click{Locator: step.Scroll.Locator}})
	}
	outcome, err := e.Execute(ctx, executors.Task{
		RunID: "hostile", ResultID: run, Attempt: 1,
		Case:  spec.Case{ID: "hostile", Kind: spec.KindBrowser, BrowserSteps: steps},
		Use:   spec.Use{StepTimeout: spec.Duration(passing)},
		Scope: spec.NewScope(map[string]any{spec.VarBaseURL: s.server.URL}, nil), Files: fstest.MapFS{},
	}, silence{})
	s.mu.Lock()
	hits, misses := s.told["hit "+run], s.told["miss "+run]
	s.mu.Unlock()
	switch {
	case misses > 0:
		return fmt.Sprintf("%d clicks went elsewhere (%s, %v)", misses, outcome, err)
	case page.Want == "" && outcome != spec.OutcomePassed:
		return fmt.Sprintf("it should pass, but is %s: %v", outcome, err)
	case page.Want == "" && hits != 1:
		return fmt.Sprintf("the button got %d clicks", hits)
	case page.Want != "" && hits > 0:
		return fmt.Sprintf("the button got %d clicks, and nobody could reach it", hits)
	case page.Want != "" && outcome != spec.OutcomeFailed:
		return fmt.Sprintf("it should fail, but is %s: %v", outcome, err)
	case page.Want != "" && !strings.Contains(err.Error(), page.Want) && !starved(err.Error()):
		return fmt.Sprintf("it fails by %q, and should by %q", err, page.Want)
	}
	return ""
}

// silence takes what an attempt tells and keeps nothing.
type silence struct{}

func (silence) Emit(executors.Event) {}

func (silence) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }
