package browser_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/importing"
	"github.com/semantest/semantest/internal/spec"
)

// told keeps how steps ended.
type ends struct {
	mu  sync.Mutex
	all []executors.StepFinished
}

func (e *ends) Emit(ev executors.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f, ok := ev.(executors.StepFinished); ok {
		e.all = append(e.all, f)
	}
}

func (e *ends) Attach(_ context.Context, a executors.Attachment) error { return a.Body.Close() }

func openSession(t *testing.T, url string, o executors.SessionOptions) (executors.Session, *spec.Scope) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	variables := map[string]any{spec.VarBaseURL: site.server.URL, "WHO": "Ada"}
	scope := spec.NewScope(variables, o.Secrets)
	o.URL, o.Variables = url, []string{"WHO"}
	s, err := shared.OpenSession(ctx, executors.Task{
		Case: spec.Case{ID: "session", Kind: spec.KindBrowser, Viewport: &spec.Viewport{Width: 800, Height: 600}}, Scope: scope, Files: fstest.MapFS{},
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, scope
}

// do performs steps and returns the outcome of each.
func do(t *testing.T, s executors.Session, source string) (outcomes string, sentence error) {
	t.Helper()
	steps, err := spec.ParseBrowserSteps([]byte(source), []string{"WHO", "PIN", "seen"}, []string{"PIN"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var e ends
	_, sentence = s.Perform(ctx, steps, &e)
	var all []string
	for _, f := range e.all {
		all = append(all, string(f.Outcome))
	}
	return strings.Join(all, " "), sentence
}

// TestSession acts bit by bit, and performs what was recorded.
func TestSession(t *testing.T) {
	t.Parallel()
	other := site.put(`<title>Other</title><h1>Other</h1>`)
	start := site.put(`<title>Start</title><label>Name <input id=n></label> <label>Code <input id=c></label> <label>PIN <input type=password></label>
<select aria-label=Size><option>S<option>L</select><label><input type=checkbox> Agree</label>
<button onclick="log.textContent += confirm('Sure?') ? 'yes ' : 'no '">Ask</button><button onclick="log.textContent += n.value">Log</button><p id=log></p>
<button onclick="window.open('` + other + `')">Open</button>`)
	s, _ := openSession(t, site.server.URL+start, executors.SessionOptions{Record: true, Secrets: map[string]string{"PIN": "0815-4711"}})
	for _, c := range []struct{ steps, want string }{
		{"- fill: {label: Name, value: \"${{ WHO }}\"}\n- fill: {label: Code, value: \"x${{ PIN }}\"}\n- fill: {label: PIN, value: \"${{ PIN }}\"}", "passed passed passed"},
		{"- select: {role: combobox, name: Size, option: L}\n- check: {label: Agree}\n- uncheck: {label: Agree}", "passed passed passed"},
		{"- dialog: accept\n- click: {role: button, name: Ask}\n- click: {role: button, name: Log}", "passed passed passed"},
		{"- expect: {text: \"#log\", equals: wrong}\n  timeout: 300ms\n- click: {role: button, name: Log}", "failed skipped"},
		{"- evaluate: {script: \"document.querySelector('#log').textContent\", as: seen}\n- expect: {text: \"#log\", equals: \"${{ seen }}\"}", "passed passed"},
		{"- click: {role: button, name: Open}\n- tab: 1\n- expect: {visible: {role: heading, name: Other}}\n- tab: {close: true}", "passed passed passed passed"},
		{"- goto: " + other + "\n- back: true\n- expect: {title: {equals: Start}}\n- reload: true\n- goto: " + other, "passed passed passed passed passed"},
	} {
		if got, err := do(t, s, c.steps); got != c.want {
			t.Fatalf("%s\nis %s, want %s: %v", c.steps, got, c.want, err)
		}
	}
	view, err := s.Look(t.Context())
	if err != nil || view.Title != "Other" || view.URL != site.server.URL+other || len(view.Picture) < 100 {
		t.Errorf("it shows %q at %q, %d bytes, %v", view.Title, view.URL, len(view.Picture), err)
	}
	rec, err := s.Recorded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := importing.Recorded{URL: site.server.URL + start, Viewport: &rec.Viewport, Secrets: append(rec.Secrets, "PIN"), Steps: rec.Steps, Notes: rec.Notes}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(plan.Plan), "0815-4711") || strings.Count(string(plan.Plan), "${{ PIN }}") != 2 {
		t.Errorf("the secret in the plan:\n%s", plan.Plan)
	}
	parsed, err := spec.Parse(plan.Plan)
	if err != nil {
		t.Fatalf("%v\n%s", err, plan.Plan)
	}
	var got []string
	for _, step := range parsed.Cases[0].BrowserSteps {
		got = append(got, step.Action())
	}
	want := []string{
		"goto", "fill", "fill", "fill", "select", "check", "uncheck", "dialog", "click", "click", "evaluate", "expect",
		"click", "tab", "expect", "tab", "goto", "back", "expect", "reload", "goto",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("recorded (-want +got):\n%s\n%s\n%q", diff, plan.Plan, plan.Notes)
	}
	performPlan(t, plan.Plan, map[string]any{"PIN": "0815-4711"}, text(css("h1"), "Other"))
}

// TestSessionEnds: a step that runs ends with its context, a session without a
// recorder works alike, and a page that is gone is told.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	start := site.put(`<title>Start</title>`)
	s, _ := openSession(t, site.server.URL+start, executors.SessionOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	steps, err := spec.ParseBrowserSteps([]byte("- wait: {visible: {text: Never}}\n  timeout: 10m"), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var e ends
	time.AfterFunc(50*time.Millisecond, cancel)
	if outcome, err := s.Perform(ctx, steps, &e); outcome != spec.OutcomeCancelled {
		t.Errorf("it is %s, %v", outcome, err)
	}
	if got, err := do(t, s, "- expect: {title: {equals: Start}}"); got != "passed" {
		t.Errorf("afterwards it is %s, %v", got, err)
	}
	if rec, err := s.Recorded(t.Context()); rec != nil || err != nil {
		t.Errorf("recorded %+v, %v", rec, err)
	}
	select {
	case <-s.Gone():
		t.Errorf("it is gone: %s", s.Why())
	default:
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	select {
	case <-s.Gone():
	case <-time.After(time.Minute):
		t.Error("the page is there after the end")
	}
}

func TestSessionCannotOpen(t *testing.T) {
	t.Parallel()
	_, err := shared.OpenSession(t.Context(), executors.Task{
		Case: spec.Case{Kind: spec.KindBrowser}, Scope: spec.NewScope(nil, map[string]string{"S": "hidden-word"}), Files: fstest.MapFS{},
	}, executors.SessionOptions{URL: "http://127.0.0.1:1/hidden-word", Record: true})
	if err == nil || strings.Contains(err.Error(), "hidden-word") {
		t.Errorf("nobody answers there: %v", err)
	}
}
