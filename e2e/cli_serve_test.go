package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/cli/client"
)

// ask sends a request and returns what comes back.
func ask(t testing.TB, req *http.Request, token string) (int, string) {
	t.Helper()
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	c := &http.Client{Timeout: deadline, Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: deadline}}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func get(t testing.TB, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ask(t, req, token)
}

func post(t testing.TB, url, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	// A server that refuses a large body may close before it is sent.
	req.Header.Set("Expect", "100-continue")
	return ask(t, req, token)
}

// TestServeOnAnEmptyFolder follows a person from the first start: look, run a
// plan, read its report again, make a token, stop, and find everything there
// the next time.
func TestServeOnAnEmptyFolder(t *testing.T) {
	t.Parallel()
	room, app := newRoom(t), openTarget(t)
	env := []string{"SEMANTEST_EGRESS=dev", "SEMANTEST_KINDS=api"}
	s := serve(t, launch{room: room, env: env})

	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if status, body := get(t, s.URL+path, ""); status != 200 || body != want {
			t.Errorf("%s answers %d %q", path, status, body)
		}
	}
	info, err := os.Stat(filepath.Join(room, "data", "token"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token's file: %v, %v", info.Mode(), err)
	}
	if !strings.Contains(s.stdout.text(), s.URL+"/#token="+s.Token) {
		t.Errorf("no link to the page with the token:\n%s", s.stdout.text())
	}
	if status, body := get(t, s.URL+"/", ""); status != 200 || !strings.Contains(body, "<html") {
		t.Errorf("the page answers %d", status)
	}
	assertTokenNeeded(t, s)

	args := []string{"run", writePlan(t, room, everyOutcome), "--grep", "good|bad", "--var", "BASE_URL=" + app.URL, "--remote", s.URL}
	r := run(t, launch{room: room, args: append(args, "--token", s.Token, "--output", "first")})
	if r.code != 1 {
		t.Fatalf("got %+v", r)
	}
	first := assertReports(t, filepath.Join(room, "first"))
	if r := run(t, launch{room: room, args: append(args, "--token", "smt_wrong")}); r.code != 2 ||
		r.stderr != "semantest: the API token is not valid; make one with: semantest token create\n" {
		t.Errorf("a wrong token: %+v", r)
	}
	r = run(t, launch{room: room, args: []string{"report", first.Run.ID, "--remote", s.URL, "--token", s.Token, "--output", "remote"}})
	if r.code != 0 || r.stdout != "remote/report.html\nremote/junit.xml\nremote/result.json\n" {
		t.Errorf("got %+v", r)
	}
	if diff := cmp.Diff(first, assertReports(t, filepath.Join(room, "remote"))); diff != "" {
		t.Errorf("the report of the run and the one of later differ:\n%s", diff)
	}
	if r := s.stop(t); r.code != 0 {
		t.Errorf("got %+v", r)
	}

	// Without a server the commands use the folder themselves.
	r = run(t, launch{room: room, args: []string{"report", first.Run.ID, "--output", "local"}, env: env})
	if r.code != 0 || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
	if diff := cmp.Diff(first, assertReports(t, filepath.Join(room, "local"))); diff != "" {
		t.Errorf("the report of the run and the one of the folder differ:\n%s", diff)
	}
	made := run(t, launch{room: room, args: []string{"token", "create", "--name", "later"}, env: env})
	if made.code != 0 || made.stderr != "" {
		t.Fatalf("got %+v", made)
	}
	again := serve(t, launch{room: room, env: env})
	if again.Token != s.Token {
		t.Error("the second start made another token")
	}
	if status, body := graph(t, again, strings.TrimSpace(made.stdout), `{ run(id: "`+first.Run.ID+`") { status } }`); status != 200 || !strings.Contains(body, `"FAILED"`) {
		t.Errorf("with the token made in between: %d %s", status, body)
	}
	again.stop(t)
}

func graph(t testing.TB, s *server, token, query string) (int, string) {
	t.Helper()
	b, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	return post(t, s.URL+"/graphql", token, string(b))
}

func assertTokenNeeded(t *testing.T, s *server) {
	t.Helper()
	for _, query := range []string{`{ runs { nodes { id } } }`, `mutation { stopRun(input: {id: "run_x"}) { run { id } } }`} {
		for _, token := range []string{"", "smt_wrong", "nonsense"} {
			if _, body := graph(t, s, token, query); !strings.Contains(body, `"UNAUTHENTICATED"`) {
				t.Errorf("%s with the token %q: %s", query, token, body)
			}
		}
	}
	if status, body := graph(t, s, s.Token, `{ runs { nodes { id } } }`); status != 200 || !strings.HasPrefix(body, `{"data":{"runs":{"nodes":[]}}`) {
		t.Errorf("with the token: %d %s", status, body)
	}
	if status, _ := get(t, s.URL+"/artifacts/art_01h455vb4pex5vsknk084sn02q", ""); status != http.StatusUnauthorized {
		t.Errorf("an artifact without a token: %d", status)
	}
	stranger, err := client.New(s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	err = stranger.Subscribe(t.Context(), `subscription { runEvents(runId: "run_x") { seq } }`, nil,
		func(json.RawMessage) error { return fmt.Errorf("an event without a token") })
	if apperr.CodeOf(err) != apperr.Unauthenticated {
		t.Errorf("a subscription without a token: %v", err)
	}
}

// TestServeEndsCleanlyInMidRun: what was under way is not lost and not judged,
// the next server performs it.
func TestServeEndsCleanlyInMidRun(t *testing.T) {
	t.Parallel()
	room, app := newRoom(t), openTarget(t)
	l := launch{room: room, env: []string{"SEMANTEST_EGRESS=dev", "SEMANTEST_KINDS=api"}, args: []string{"--drain-timeout", "200ms"}}
	s := serve(t, l)
	id, err := s.Client.StartRun(t.Context(), client.Start{Source: holding, Variables: map[string]string{"BASE_URL": app.URL}})
	if err != nil {
		t.Fatal(err)
	}
	app.awaitAsked(t, "/hold", 1)
	if r := s.stop(t); r.code != 0 || strings.Contains(r.stderr, "ERROR") {
		t.Errorf("got %+v", r)
	}
	app.release()
	again := serve(t, l)
	events := follow(t, again.Client, id)
	assertGapless(t, events)
	run, err := again.Client.FetchRun(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if run.Status != "PASSED" || run.OutcomeCounts.Passed != 3 || len(run.Results) != 3 {
		t.Errorf("the run is %s with %+v", run.Status, run.OutcomeCounts)
	}
	again.stop(t)
}

// assertGapless checks that events are numbered 1 to n, and that the last one,
// and only it, ends the run.
func assertGapless(t testing.TB, events []client.Event) {
	t.Helper()
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
		if last := i == len(events)-1; last != (e.Type == "RUN_FINISHED") {
			t.Fatalf("event %d of %d is %s", e.Seq, len(events), e.Type)
		}
	}
}

func TestServeKeepsItsPromiseToStartOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, launch{env: append(local(t), "SEMANTEST_EGRESS=dev")})
	in := client.Start{Source: everyOutcome, Grep: "^good$", Variables: map[string]string{"BASE_URL": openTarget(t).URL}, Key: "the only one"}
	type answer struct {
		id  string
		err error
	}
	answers := make(chan answer)
	const callers = 8
	for range callers {
		go func() {
			id, err := s.Client.StartRun(t.Context(), in)
			answers <- answer{id, err}
		}()
	}
	first := <-answers
	for range callers - 1 {
		if a := <-answers; a != first || a.err != nil || a.id == "" {
			t.Errorf("got %v, and first %v", a, first)
		}
	}
	follow(t, s.Client, first.id)
	if a, err := s.Client.StartRun(t.Context(), in); a != first.id || err != nil {
		t.Errorf("after its end: %s, %v", a, err)
	}
	if _, body := graph(t, s, s.Token, `{ runs { totalCount } }`); !strings.HasPrefix(body, `{"data":{"runs":{"totalCount":1}}`) {
		t.Errorf("the runs: %s", body)
	}
	s.stop(t)
}
