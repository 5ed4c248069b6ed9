package e2e

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/semantest/semantest/internal/cli/client"
	"github.com/semantest/semantest/internal/spec"
)

// browserSession is a session as the graph shows it.
type browserSession struct {
	ID, Status, Reason, RecordedSteps string
	CommandCount                      int
	RecordingNotes                    []string
	WorkerID                          string
}

// browserCommand is a command as the graph shows it.
type browserCommand struct {
	ID, Status, Outcome, Error, PageURL, PageTitle, Picture string
	Ordinal                                                 int
	Steps                                                   []struct {
		Name, Action, Outcome, Error string
		DurationMs                   float64
		Checks                       []struct {
			Name, Expected, Actual, Message string
			Passed                          bool
		}
	}
}

const (
	sessionFields = `id status reason recordedSteps recordingNotes commandCount workerId`
	commandFields = `id ordinal status outcome error pageUrl pageTitle picture steps { name action outcome error durationMs checks { name passed expected actual message } }`
)

func askGraph(t testing.TB, c *client.Client, query string, variables map[string]any, out any) {
	t.Helper()
	if err := c.Do(t.Context(), query, variables, out); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// openSession creates a session; input is what the input holds beside the url.
func openSession(t testing.TB, c *client.Client, url, input string) string {
	t.Helper()
	var out struct {
		CreateBrowserSession struct{ Session browserSession }
	}
	askGraph(t, c, `mutation($url: String!) { createBrowserSession(input: {url: $url, `+input+`}) { session { `+sessionFields+` } } }`, map[string]any{"url": url}, &out)
	return out.CreateBrowserSession.Session.ID
}

func sessionOf(t testing.TB, c *client.Client, id string) browserSession {
	t.Helper()
	var out struct{ BrowserSession *browserSession }
	askGraph(t, c, `query($id: ID!) { browserSession(id: $id) { `+sessionFields+` } }`, map[string]any{"id": id}, &out)
	if out.BrowserSession == nil {
		t.Fatalf("there is no session %s", id)
	}
	return *out.BrowserSession
}

func awaitSession(t testing.TB, c *client.Client, id, status string) (s browserSession) {
	t.Helper()
	waitFor(t, "the session is "+status, func() bool {
		s = sessionOf(t, c, id)
		if s.Status != status && slices.Contains([]string{"CLOSED", "EXPIRED", "FAILED"}, s.Status) {
			t.Fatalf("the session is %s: %s", s.Status, s.Reason)
		}
		return s.Status == status
	})
	return s
}

func order(t testing.TB, c *client.Client, id, steps string, waitMs int) (browserCommand, error) {
	t.Helper()
	var out struct {
		PerformBrowserSteps struct{ Command browserCommand }
	}
	err := c.Do(t.Context(), `mutation($id: ID!, $s: String!, $w: Int!) { performBrowserSteps(input: {sessionId: $id, steps: $s, waitMs: $w}) { command { `+commandFields+` } } }`,
		map[string]any{"id": id, "s": steps, "w": waitMs}, &out)
	return out.PerformBrowserSteps.Command, err
}

// perform has steps performed and returns the command when it is done.
func perform(t testing.TB, c *client.Client, id, steps string) browserCommand {
	t.Helper()
	got, err := order(t, c, id, steps, 8000)
	if err != nil {
		t.Fatal(err)
	}
	return finished(t, c, got)
}

// finished waits until a command is done.
func finished(t testing.TB, c *client.Client, got browserCommand) browserCommand {
	t.Helper()
	waitFor(t, "the command is done", func() bool {
		if got.Status == "DONE" || got.Status == "DROPPED" {
			return true
		}
		got = commandOf(t, c, got.ID)
		return false
	})
	return got
}

func commandOf(t testing.TB, c *client.Client, id string) browserCommand {
	t.Helper()
	var out struct{ BrowserCommand browserCommand }
	askGraph(t, c, `query($id: ID!) { browserCommand(id: $id) { `+commandFields+` } }`, map[string]any{"id": id}, &out)
	return out.BrowserCommand
}

// openForm serves a page in which somebody signs in.
func openForm(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/hello" {
			_, _ = fmt.Fprint(w, `<title>Hello</title><h1>Hello</h1><button onclick="n.textContent = +n.textContent + 1">More</button><p id=n>0</p>`)
			return
		}
		_, _ = fmt.Fprint(w, `<title>Sign in</title><form onsubmit="event.preventDefault(); if (p.value.length === 17) location.href = '/hello'">
<label>Name <input id=u></label><label>Token <input id=q></label><label>Password <input id=p type=password></label>
<label><input type=checkbox> Stay</label><button>Sign in</button></form>`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestBrowserSession acts in a browser of a worker through two servers, and runs
// the plan that was recorded.
func TestBrowserSession(t *testing.T) {
	t.Parallel()
	const secret = "Zebra/4711+plumbs"
	s, page := newSystem(t), openForm(t)
	one, two := s.api(t), s.api(t)
	work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "2"}})
	s.keepSecret(t, one, "PASS", secret)
	id := openSession(t, one.Client, page+"/", `secrets: ["PASS"], variables: [{name: "WHO", value: "Ada"}]`)

	done := perform(t, two.Client, id, `
- fill: {label: Name, value: "${{ WHO }}"}
- fill: {label: Token, value: "${{ PASS }}"}
- fill: {label: Password, value: "${{ PASS }}"}
- check: {label: Stay}
- expect: {value: "#u", equals: "${{ WHO }}"}
- evaluate: {script: document.title, as: was}
`)
	if done.Outcome != "PASSED" || len(done.Steps) != 6 || done.Ordinal != 1 || done.PageTitle != "Sign in" {
		t.Fatalf("the first command: %+v", short(done))
	}
	if checks := done.Steps[4].Checks; len(checks) != 1 || !checks[0].Passed || checks[0].Actual == "" {
		t.Errorf("the checks are %+v", checks)
	}
	raw, err := base64.StdEncoding.DecodeString(done.Picture)
	if err != nil {
		t.Fatal(err)
	}
	if picture, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil || picture.Width != 1280 || picture.Height != 720 {
		t.Errorf("the picture is %+v, %v", picture, err)
	}

	failed := perform(t, one.Client, id, "- expect: {text: h1, equals: Nobody}\n  timeout: 300ms\n- reload: true\n")
	if failed.Outcome != "FAILED" || failed.Steps[0].Outcome != "FAILED" || failed.Steps[0].Error == "" || failed.Error == "" || failed.Steps[1].Outcome != "SKIPPED" {
		t.Errorf("the failing command: %+v", short(failed))
	}
	shown := perform(t, two.Client, id, `- expect: {value: "#q", equals: "something else"}`+"\n  timeout: 300ms")
	if shown.Outcome != "FAILED" || strings.Contains(fmt.Sprint(short(shown)), secret) {
		t.Errorf("a check of a secret: %+v", short(shown))
	}
	wrong, err := order(t, one.Client, id, "- reload: true\n- clik: a", 0)
	if err == nil || !strings.Contains(err.Error(), "line 2, column 3") {
		t.Errorf("a wrong step: %+v, %v", wrong, err)
	}
	last := perform(t, one.Client, id, `
- expect: {title: {equals: "${{ was }}"}}
- click: {role: button, name: Sign in}
- expect: {visible: {role: heading, name: Hello}}
- click: {role: button, name: More}
- click: {role: button, name: More}
- expect: {text: "#n", equals: "2"}
`)
	if last.Outcome != "PASSED" || last.PageURL != page+"/hello" {
		t.Fatalf("the last command: %+v", short(last))
	}
	recorded := sessionOf(t, two.Client, id)
	if strings.Contains(recorded.RecordedSteps, secret) || strings.Count(recorded.RecordedSteps, "${{ PASS }}") != 2 {
		t.Errorf("the recorded plan:\n%s", recorded.RecordedSteps)
	}
	plan, err := spec.Parse([]byte(recorded.RecordedSteps))
	if err != nil {
		t.Fatalf("the recorded plan cannot be read: %v\n%s\n%q", err, recorded.RecordedSteps, recorded.RecordingNotes)
	}
	var actions []string
	for _, step := range plan.Cases[0].BrowserSteps {
		actions = append(actions, step.Action())
	}
	want := []string{"goto", "fill", "fill", "fill", "check", "expect", "evaluate", "expect", "click", "expect", "click", "click", "expect"}
	if !slices.Equal(actions, want) {
		t.Errorf("recorded: %q, want %q\n%s", actions, want, recorded.RecordedSteps)
	}
	run := startRun(t, one.Client, recorded.RecordedSteps)
	follow(t, one.Client, run)
	if result := fetchRun(t, two.Client, run); result.Status != "PASSED" {
		t.Errorf("the recorded plan is %s: %+v\n%s", result.Status, result.Results, recorded.RecordedSteps)
	}
	closeSession(t, two.Client, id)
	if got := sessionOf(t, one.Client, id); got.Status != "CLOSED" {
		t.Errorf("after it was closed the session is %s", got.Status)
	}
	if _, err := order(t, one.Client, id, "- reload: true", 0); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("a command after the end: %v", err)
	}
	if n := s.count(t, "SELECT count(*) FROM browser_commands WHERE position($1 IN ROW(browser_commands.*)::text) > 0", secret); n != 0 {
		t.Errorf("%d commands hold the secret", n)
	}
}

// short is a command without its picture, for messages.
func short(c browserCommand) browserCommand {
	c.Picture = fmt.Sprintf("%d bytes", len(c.Picture))
	return c
}

func closeSession(t testing.TB, c *client.Client, id string) {
	t.Helper()
	askGraph(t, c, `mutation($id: ID!) { closeBrowserSession(input: {id: $id}) { session { status } } }`, map[string]any{"id": id}, &struct{}{})
}

// TestBrowserSessionEnds: by being closed during a step, which frees its only
// slot, by its time, and by the end of its worker.
func TestBrowserSessionEnds(t *testing.T) {
	t.Parallel()
	s, page := newSystem(t), openForm(t)
	api := s.api(t)
	worker := work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	first := openSession(t, api.Client, page, `record: false`)
	awaitSession(t, api.Client, first, "READY")
	running, err := order(t, api.Client, first, "- wait: {visible: {text: Never}}\n  timeout: 10m", 0)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the command runs", func() bool { return commandOf(t, api.Client, running.ID).Status == "RUNNING" })
	closeSession(t, api.Client, first)
	if got := commandOf(t, api.Client, running.ID); got.Status != "DROPPED" || got.Outcome != "CANCELLED" || !strings.Contains(got.Error, "closed") {
		t.Errorf("the command of the closed session: %+v", short(got))
	}
	second := openSession(t, api.Client, page, `expiresIn: 15, idleSeconds: 60`)
	awaitSession(t, api.Client, second, "READY")
	if got := awaitSession(t, api.Client, second, "EXPIRED"); !strings.Contains(got.Reason, "time was over") {
		t.Errorf("the reason is %q", got.Reason)
	}
	third := openSession(t, api.Client, page, `idleSeconds: 10`)
	awaitSession(t, api.Client, third, "READY")
	if got := awaitSession(t, api.Client, third, "EXPIRED"); !strings.Contains(got.Reason, "nobody asked for anything within 10s") {
		t.Errorf("the reason is %q", got.Reason)
	}
	fourth := openSession(t, api.Client, page, `record: true`)
	awaitSession(t, api.Client, fourth, "READY")
	if r := worker.stop(t); r.code != 0 {
		t.Errorf("the worker ends with %d\n%s", r.code, r.stderr)
	}
	if got := sessionOf(t, api.Client, fourth); got.Status != "FAILED" || !strings.Contains(got.Reason, "told to end") {
		t.Errorf("after the end of its worker the session is %s: %s", got.Status, got.Reason)
	}
}

// TestBrowserSessionKeepsOrder: callers at the same time each get their own
// answer, and commands are performed in the order of their ordinals.
func TestBrowserSessionKeepsOrder(t *testing.T) {
	t.Parallel()
	const callers, commands = 8, 200
	s, page := newSystem(t), openForm(t)
	apis := []*server{s.api(t), s.api(t)}
	work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	id := openSession(t, apis[0].Client, page, `record: false`)
	awaitSession(t, apis[0].Client, id, "READY")
	var all sync.WaitGroup
	names := make([]string, commands+1) // by ordinal
	var mu sync.Mutex
	for caller := range callers {
		c := apis[caller%len(apis)].Client
		all.Go(func() {
			for i := range commands / callers {
				name := fmt.Sprintf("%d.%d", caller, i)
				got, err := order(t, c, id, fmt.Sprintf(`- evaluate: {script: "(window.all ??= []).push('%[1]s'); return document.title = '%[1]s'", world: page, equals: "%[1]s"}`, name), 8000)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				got = finished(t, c, got)
				mu.Lock()
				if got.Outcome != "PASSED" || got.PageTitle != name || got.Ordinal < 1 || got.Ordinal > commands || names[got.Ordinal] != "" {
					t.Errorf("%s got %+v", name, short(got))
				} else {
					names[got.Ordinal] = name
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	got := perform(t, apis[1].Client, id, fmt.Sprintf(`- evaluate: {script: "return window.all.join()", world: page, equals: "%s"}`, strings.Join(names[1:], ",")))
	if got.Outcome != "PASSED" {
		t.Errorf("the order is another one: %+v", short(got))
	}
	if n := s.count(t, "SELECT count(*) FROM browser_commands WHERE picture IS NOT NULL AND $1 <> ''", "x"); n > 20 {
		t.Errorf("%d pictures are kept", n)
	}
}

// TestFaultWorkerOfASessionKilled: what a browser holds is lost with its worker,
// and who waits is told.
func TestFaultWorkerOfASessionKilled(t *testing.T) {
	t.Parallel()
	s, page := newSystem(t), openForm(t)
	one, two := s.api(t), s.api(t)
	worker := work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	s.worker(t, 1) // which finds out
	id := openSession(t, one.Client, page, `record: true`)
	awaitSession(t, two.Client, id, "READY")
	running, err := order(t, two.Client, id, "- wait: {visible: {text: Never}}\n  timeout: 10m", 0)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the command runs", func() bool { return commandOf(t, one.Client, running.ID).Status == "RUNNING" })
	worker.kill(t)
	worker.awaitGone(t)
	if got := awaitSession(t, one.Client, id, "FAILED"); !strings.Contains(got.Reason, "the worker that had the browser was lost") {
		t.Errorf("the reason is %q", got.Reason)
	}
	if got := commandOf(t, two.Client, running.ID); got.Status != "DROPPED" || !strings.Contains(got.Error, "worker") {
		t.Errorf("the command is %+v", short(got))
	}
	next := openSession(t, two.Client, page, `record: false`)
	work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	if got := perform(t, one.Client, next, "- expect: {title: {equals: Sign in}}"); got.Outcome != "PASSED" {
		t.Errorf("the next session: %+v", short(got))
	}
}

func (s *system) count(t testing.TB, query, arg string) (n int) {
	t.Helper()
	if err := s.connect(t).QueryRow(t.Context(), query, arg).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// keepSecret gives the project of a server a secret.
func (s *system) keepSecret(t testing.TB, api *server, name, value string) {
	t.Helper()
	if err := s.admin(t, api).SetSecret(t.Context(), name, "", value); err != nil {
		t.Fatal(err)
	}
}
