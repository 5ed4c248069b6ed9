package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const selectable = `version: "1"
name: Selectable
environment: staging
env: {BASE_URL: "http://127.0.0.1:1", WORD: plan}
use: {parallel: 1, stepTimeout: 1m}
cases:
  - {id: one, kind: api, tags: [red], steps: [{http: /ok}]}
  - {id: two, name: The second, kind: api, tags: [red, blue], steps: [{http: /ok}]}
  - {id: three, kind: api, tags: [green], steps: [{http: /ok}]}
  - id: word
    kind: api
    tags: [say]
    steps: [{http: {url: /echo, headers: {X-Say: "${{ WORD }}"}}, check: [{jsonpath: $.said, equals: WORD}]}]
  - {id: flaky, kind: api, tags: [again], steps: [{http: /flaky/x, check: [{status: 200}]}]}
  - {id: meet1, kind: api, tags: [meet], steps: [{http: /meet/3}]}
  - {id: meet2, kind: api, tags: [meet], steps: [{http: /meet/3}]}
  - {id: meet3, kind: api, tags: [meet], steps: [{http: /meet/3}]}
  - {id: page, kind: browser, tags: [paint], steps: [{goto: /form}]}
`

func TestRunFlags(t *testing.T) {
	t.Parallel()
	s := serve(t, launch{env: []string{"SEMANTEST_DATABASE_URL=" + database(t), "SEMANTEST_EGRESS=dev"}})
	tests := []struct {
		name  string
		args  []string
		env   []string
		code  int
		cases []string
		check func(*testing.T, report)
	}{
		{name: "grep finds ids", args: []string{"--grep", "^t"}, cases: []string{"three", "two"}},
		{name: "grep finds titles", args: []string{"--grep", "second"}, cases: []string{"two"}},
		{name: "tag", args: []string{"--tag", "red"}, cases: []string{"one", "two"}},
		{name: "one of several tags", args: []string{"--tag", "blue", "--tag", "green"}, cases: []string{"three", "two"}},
		{name: "tags with commas", args: []string{"--tag", "blue,green"}, cases: []string{"three", "two"}},
		{name: "kind", args: []string{"--kind", "browser"}, cases: []string{"page"}},
		{name: "all of tag, grep and kind", args: []string{"--tag", "red", "--grep", "one", "--kind", "api"}, cases: []string{"one"}},
		{name: "environment of the plan", args: []string{"--grep", "one"}, cases: []string{"one"}, check: environmentIs("staging")},
		{name: "environment by flag", args: []string{"--grep", "one", "--env", "production"}, cases: []string{"one"}, check: environmentIs("production")},
		{name: "variable of the plan", args: []string{"--tag", "say"}, code: 1, cases: []string{"word"}, check: said("plan")},
		{name: "variable by environment", args: []string{"--tag", "say"}, env: []string{"SEMANTEST_VAR_WORD=outside"}, code: 1, cases: []string{"word"}, check: said("outside")},
		{name: "variable by flag wins", args: []string{"--tag", "say", "--var", "WORD=a=b, c"}, env: []string{"SEMANTEST_VAR_WORD=outside"}, code: 1, cases: []string{"word"}, check: said("a=b, c")},
		{name: "no retries", args: []string{"--tag", "again", "--retries", "0"}, code: 1, cases: []string{"flaky"}, check: attempts(1, "failed")},
		{name: "one retry", args: []string{"--tag", "again", "--retries", "1"}, cases: []string{"flaky"}, check: attempts(2, "flaky")},
		// These cases wait for one another, which the plan's parallel: 1 forbids.
		{name: "workers", args: []string{"--tag", "meet", "--workers", "3"}, cases: []string{"meet1", "meet2", "meet3"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room, app := newRoom(t), openTarget(t)
			args := append([]string{"run", writePlan(t, room, selectable), "--remote", s.URL, "--output", "out"}, tc.args...)
			env := append([]string{"SEMANTEST_TOKEN=" + s.Token, "SEMANTEST_VAR_BASE_URL=" + app.URL}, tc.env...)
			r := run(t, launch{room: room, args: args, env: env})
			if r.code != tc.code {
				t.Fatalf("exit code %d, want %d\n%s%s", r.code, tc.code, r.stdout, r.stderr)
			}
			got := readReport(t, filepath.Join(room, "out"))
			if diff := cmp.Diff(tc.cases, got.cases()); diff != "" {
				t.Errorf("cases: wanted (-) and got (+):\n%s", diff)
			}
			if tc.check != nil {
				tc.check(t, got)
			}
		})
	}
}

func environmentIs(want string) func(*testing.T, report) {
	return func(t *testing.T, r report) {
		t.Helper()
		if r.Run.Environment != want {
			t.Errorf("the environment is %q, want %q", r.Run.Environment, want)
		}
	}
}

func said(want string) func(*testing.T, report) {
	return func(t *testing.T, r report) {
		t.Helper()
		if got := r.Results[0].Attempts[0].Steps[0].Checks[0].Actual; got != `"`+want+`"` {
			t.Errorf("the target heard %s, want %q", got, want)
		}
	}
}

func attempts(n int, outcome string) func(*testing.T, report) {
	return func(t *testing.T, r report) {
		t.Helper()
		if got := r.Results[0]; len(got.Attempts) != n || got.Outcome != outcome {
			t.Errorf("%d attempts and %s, want %d and %s", len(got.Attempts), got.Outcome, n, outcome)
		}
	}
}

func TestReportersAreChosen(t *testing.T) {
	t.Parallel()
	s := serve(t, launch{env: append(local(t), "SEMANTEST_EGRESS=dev")})
	app := openTarget(t)
	tests := []struct {
		name, reporter string
		files          []string
	}{
		{"only lines", "line", nil},
		{"one", "json", []string{"result.json"}},
		{"two", "junit,html", []string{"junit.xml", "report.html"}},
		{"default", "", []string{"junit.xml", "report.html", "result.json"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			args := []string{"run", writePlan(t, room, selectable), "--grep", "one", "--var", "BASE_URL=" + app.URL, "--remote", s.URL, "--token", s.Token}
			out := filepath.Join(room, "semantest-report")
			if tc.reporter != "" {
				out = filepath.Join(room, "deep", "down")
				args = append(args, "--reporter", tc.reporter, "--output", "deep/down")
			}
			r := run(t, launch{room: room, args: args})
			if r.code != 0 || strings.Count(r.stdout, "  report  ") != len(tc.files) {
				t.Errorf("got %+v", r)
			}
			if tc.files == nil {
				assertFolder(t, room, "test.plan.yaml", "tmp")
				return
			}
			assertFolder(t, out, tc.files...)
		})
	}
}
