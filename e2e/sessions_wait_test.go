package e2e

import (
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/cli/client"
)

// admin returns a client that may do everything in the server's project.
func (s *system) admin(t testing.TB, api *server) *client.Client {
	t.Helper()
	made := run(t, launch{room: newRoom(t), args: []string{"token", "create", "--permission", "admin"}, env: s.env})
	if made.code != 0 {
		t.Fatalf("create a token: %d\n%s", made.code, made.stderr)
	}
	return clientOf(t, api.URL, strings.TrimSpace(made.stdout))
}

// TestBrowserSessionWaits for the limit of its project, says so, and begins when
// there is room.
func TestBrowserSessionWaits(t *testing.T) {
	t.Parallel()
	s, page := newSystem(t), openForm(t)
	api := s.api(t)
	askGraph(t, s.admin(t, api), `mutation { setProjectLimits(input: {maxParallel: 1}) { project { maxParallel } } }`, nil, &struct{}{})
	work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "2"}})
	first := openSession(t, api.Client, page, `record: false`)
	awaitSession(t, api.Client, first, "READY")
	second := openSession(t, api.Client, page, `record: false`)
	var got browserSession
	waitFor(t, "the second session says why it waits", func() bool {
		got = sessionOf(t, api.Client, second)
		return got.Reason != "" || got.Status != "QUEUED"
	})
	if got.Status != "QUEUED" || !strings.Contains(got.Reason, "limits") {
		t.Errorf("beside another one, with one allowed, a session is %s: %s", got.Status, got.Reason)
	}
	closeSession(t, api.Client, first)
	if got := awaitSession(t, api.Client, second, "READY"); got.Reason != "" {
		t.Errorf("a session that is ready has the reason %q", got.Reason)
	}
}

// TestBrowserSessionWithoutAWorker is over when its time is, although nobody is
// there to take it.
func TestBrowserSessionWithoutAWorker(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	api := s.api(t)
	id := openSession(t, api.Client, "http://127.0.0.1:1/", `expiresIn: 10, idleSeconds: 10`)
	if got := awaitSession(t, api.Client, id, "EXPIRED"); !strings.Contains(got.Reason, "before a worker had a free slot") {
		t.Errorf("the reason is %q", got.Reason)
	}
}

// TestBrowserSessionInOtherEngines performs the same steps in Firefox and WebKit.
func TestBrowserSessionInOtherEngines(t *testing.T) {
	t.Parallel()
	s, page := newSystem(t), openForm(t)
	api := s.api(t)
	work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	for _, engine := range []string{"firefox", "webkit"} {
		id := openSession(t, api.Client, page, `record: false, browser: "`+engine+`"`)
		awaitSession(t, api.Client, id, "READY")
		got := perform(t, api.Client, id, `
- fill: {label: Password, value: "seventeen letters"}
- click: {role: button, name: Sign in}
- expect: {visible: {role: heading, name: Hello}}
`)
		if got.Outcome != "PASSED" || got.PageTitle != "Hello" || len(got.Steps) != 3 || got.Picture == "" {
			t.Errorf("%s: %+v", engine, short(got))
		}
		got = perform(t, api.Client, id, "- expect: {visible: {text: Never}}\n  timeout: 200ms\n- click: {role: button, name: More}")
		if got.Outcome != "FAILED" || got.Steps[1].Outcome != "SKIPPED" {
			t.Errorf("%s, a step that does not pass: %+v", engine, short(got))
		}
		closeSession(t, api.Client, id)
	}
}

// TestFaultRedisAwayInASession: commands are performed and answered all the same.
func TestFaultRedisAwayInASession(t *testing.T) {
	t.Parallel()
	s, page := newSystem(t), openForm(t)
	one, two := s.api(t), s.api(t)
	work(t, launch{env: s.env, args: []string{"--kinds", "browser", "--browser-slots", "1"}})
	id := openSession(t, one.Client, page, `record: false`)
	awaitSession(t, two.Client, id, "READY")
	s.redis.stop(t)
	for _, c := range []*client.Client{one.Client, two.Client} {
		if got := perform(t, c, id, `- expect: {visible: {role: button, name: Sign in}}`); got.Outcome != "PASSED" {
			t.Errorf("without Redis: %+v", short(got))
		}
	}
	s.redis.start(t)
	if got := perform(t, one.Client, id, `- reload: true`); got.Outcome != "PASSED" {
		t.Errorf("with Redis again: %+v", short(got))
	}
	closeSession(t, two.Client, id)
}
