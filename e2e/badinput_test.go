package e2e

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/cli/client"
)

// valid is a plan without a mistake, whose target does not exist.
const valid = "version: \"1\"\nname: Valid\ncases:\n  - {id: a, kind: api, steps: [{http: \"http://127.0.0.1:1/\"}]}\n"

// TestBadPlans: nothing runs, every mistake has its line, and the exit code is
// that of bad usage.
func TestBadPlans(t *testing.T) {
	t.Parallel()
	windows := []byte{0xff, 0xfe} // as its Notepad may save it
	for _, u := range utf16.Encode([]rune(valid)) {
		windows = append(windows, byte(u), byte(u>>8))
	}
	tests := []struct {
		name, plan string
		say        []string // one for each line, after the plan's path
	}{
		{"unknown keys", "version: \"1\"\nname: x\ncases:\n  - {id: a, kind: api, stepz: [], steps: [{http: {url: \"http://x/\", methd: GET}}]}\n", []string{
			`:4:24: unknown key "stepz"; did you mean "steps"?`, `:4:69: unknown key "methd"; did you mean "method"?`,
		}},
		{"wrong types", "version: \"1\"\nname: [x]\nuse: {timeout: soon, retries: many}\ncases:\n  - {id: a, kind: api, steps: {http: /x}}\n", []string{
			`:2:7: "name" must be text, but is a list`, `:3:16: "timeout" is "soon", which is not a duration such as 500ms, 30s, 5m or 1h30m`,
			`:3:31: "retries" must be a whole number, but is the text "many"`, `:5:31: "steps" must be a list, but is a mapping`,
		}},
		{"cyclic references", "version: \"1\"\nname: x\nenv: {A: \"${{ B }}\", B: \"${{ C }}\", C: \"${{ A }}\"}\ncases:\n  - {id: a, kind: api, steps: [{http: \"http://x/${{ A }}\"}]}\n", []string{
			`:3:10: the variable "A" needs itself: A -> B -> C -> A`,
		}},
		{"an alias within itself", "version: \"1\"\nname: x\nenv: &e {A: *e}\ncases: &c [*c]\n", []string{
			`:3:13: "A" must be text, but is a mapping`, `:4:12: `,
		}},
		{"an unknown variable", "version: \"1\"\nname: x\ncases:\n  - {id: a, kind: api, steps: [{http: \"http://x/${{ NOPE }}\"}]}\n", []string{
			`:4:49: unknown variable "NOPE"`,
		}},
		{"10 MB", valid + strings.Repeat("# filling\n", 1<<20), []string{" is larger than 1048576 bytes, the limit"}},
		{"10 MB in one line", valid + "# " + strings.Repeat("x", 10<<20), []string{" is larger than 1048576 bytes, the limit"}},
		{"Latin-1", strings.Replace(valid, "Valid", "Caf\xe9", 1), []string{`:2:10: the plan is not UTF-8: byte 0xE9`}},
		{"UTF-16", string(windows), []string{`:1:1: the plan is not UTF-8 but UTF-16; save it as UTF-8`}},
		{"empty", "", []string{`:1:1: the plan is empty`}},
		{"not YAML", "a: [b\nc: }", []string{`:`}},
		{"a list", "- a\n- b\n", []string{`:1:1: the plan must be a mapping with version, name, `}},
		{"a missing file", strings.Replace(valid, `1/"}`, `1/", check: [{schema: file://no.json}]}`, 1), []string{`: the plan refers to file://no.json, which cannot be read: `}},
		{"a file outside", strings.Replace(valid, `1/"}`, `1/", check: [{schema: file://../../etc/passwd}]}`, 1), []string{
			`:4:79: the reference "file://../../etc/passwd" leaves the folder of the plan; files lie beside it or below`,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			path := writePlan(t, room, tc.plan)
			for _, verb := range []string{"run", "validate"} {
				r := run(t, launch{room: room, args: []string{verb, path}})
				assertComplaint(t, r, 2, len(tc.say))
				for i, line := range strings.Split(strings.TrimSpace(r.stderr), "\n") {
					if i >= len(tc.say) || !strings.Contains(line, path+tc.say[i]) {
						t.Errorf("%s: line %d is %q, want %q", verb, i+1, line, tc.say)
					}
				}
			}
			assertFolder(t, room, "test.plan.yaml", "tmp") // no data folder, no reports
		})
	}
}

// TestBadUsage: what the person typed or configured is wrong. Nothing of it
// needs a database.
func TestBadUsage(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	tests := []struct {
		name string
		args []string
		code int
		say  string
	}{
		{"no command", nil, 2, "semantest --help shows what there is"},
		{"an unknown command", []string{"frobnicate"}, 2, "unexpected argument frobnicate"},
		{"an unknown flag", []string{"run", "PLAN", "--speed", "9"}, 2, "unknown flag --speed"},
		{"run without a plan", []string{"run"}, 2, "expected a plan file"},
		{"a plan that is missing", []string{"run", "nowhere.plan.yaml"}, 2, "there is no plan nowhere.plan.yaml"},
		{"a plan that is a folder", []string{"run", "tmp"}, 2, "is a directory"},
		{"validate a plan that is missing", []string{"validate", "nowhere.plan.yaml"}, 2, "there is no plan nowhere.plan.yaml"},
		{"an unknown reporter", []string{"run", "PLAN", "--reporter", "pdf"}, 2, "--reporter pdf is not known: use line, html, junit or json"},
		{"a variable without a value", []string{"run", "PLAN", "--var", "A"}, 2, `--var: expected "<key>=<value>" but got "A"`},
		{"a variable that the plan has not", []string{"run", "PLAN", "--var", "A=1"}, 2, `the plan has no variable "A" under env`},
		{"a negative number of workers", []string{"run", "PLAN", "--workers=-1"}, 2, "--workers must be at least 1"},
		{"workers that are no number", []string{"run", "PLAN", "--workers", "many"}, 2, "--workers: expected"},
		{"an unknown kind", []string{"run", "PLAN", "--kind", "vr"}, 2, `there is no kind of cases "vr"; use api or browser`},
		{"a report folder that cannot be", []string{"run", "PLAN", "--output", "PLAN/out"}, 2, "the report folder cannot be made"},
		{"a remote that is no address", []string{"run", "PLAN", "--remote", "over there"}, 2, `"over there" is not the address of a server; use http://host:port`},
		{"a remote that is not there", []string{"run", "PLAN", "--remote", "http://127.0.0.1:1", "--token", "x"}, 3, "the server http://127.0.0.1:1 cannot be reached"},
		{"a remote that is something else", []string{"run", "PLAN", "--remote", "APP", "--token", "x"}, 3, "does not answer like a Semantest server (status 404)"},
		{"a data folder that cannot be", []string{"serve", "--listen", "127.0.0.1:0", "--data-dir", "PLAN/data"}, 2, "cannot be used; make it writable or choose another with --data-dir"},
		{"a database address that is none", []string{"serve", "--listen", "127.0.0.1:0", "--database-url", "over there"}, 2, "the database address is not a Postgres URL"},
		{"a database that is not there", []string{"serve", "--listen", "127.0.0.1:0", "--database-url", "postgres://ada@127.0.0.1:1/x"}, 3, "the database does not answer; check that Postgres runs and that the database address is right"},
		{"a Redis address that is none", []string{"serve", "--listen", "127.0.0.1:0", "--redis-url", "nope://x", "--database-url", "postgres://ada@127.0.0.1:1/x"}, 2, "the Redis address is not valid; use redis://host:6379/0"},
		{"a port that is occupied", []string{"serve", "--listen", taken.Addr().String()}, 2, "the address " + taken.Addr().String() + " is in use; choose another one with --listen"},
		{"a port of the shop that is occupied", []string{"shop", "--listen", taken.Addr().String()}, 2, "the address " + taken.Addr().String() + " is in use; choose another one with --listen"},
		{"an address that is none", []string{"serve", "--listen", "here"}, 2, "cannot listen on here"},
		{"an unknown log level", []string{"serve", "--listen", "127.0.0.1:0", "--log-level", "loud"}, 2, "--log-level must be one of"},
		{"unknown kinds", []string{"serve", "--listen", "127.0.0.1:0", "--kinds", "vr"}, 2, `there is no kind of cases "vr"; use api or browser`},
		{"a negative number of slots", []string{"serve", "--listen", "127.0.0.1:0", "--api-slots=-1"}, 2, "must not be negative"},
		{"a negative drain time", []string{"serve", "--listen", "127.0.0.1:0", "--drain-timeout=-1s"}, 2, "must not be negative"},
		{"work alone", []string{"work"}, 2, "work shares its queue with other processes: give --database-url and --redis-url"},
		{"work without Redis", []string{"work", "--database-url", "postgres://x/y"}, 2, "give --database-url and --redis-url"},
		{"migrate without a database", []string{"migrate"}, 2, "missing flags: --database-url=URL"},
		{"migrate a database that is not there", []string{"migrate", "--database-url", "postgres://ada@127.0.0.1:1/x"}, 3, "the database does not answer"},
		{"a report of nothing", []string{"report"}, 2, `name a run, or ask for the report of the project with --project`},
	}
	app := openTarget(t)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			l := launch{room: room}
			plan := writePlan(t, room, valid)
			for _, a := range tc.args {
				l.args = append(l.args, strings.Replace(strings.Replace(a, "PLAN", plan, 1), "APP", app.URL, 1))
			}
			r := run(t, l)
			assertComplaint(t, r, tc.code, 1)
			if !strings.Contains(r.stderr, tc.say) {
				t.Errorf("complains %q, want %q", r.stderr, tc.say)
			}
		})
	}
}

var goText = regexp.MustCompile(`panic:|goroutine \d|runtime error|\(\*|0x[0-9a-f]{6,}|%!|<nil>|SQLSTATE`)

// assertComplaint checks that a command failed with a code and said why in so
// many lines, in words for people.
func assertComplaint(t testing.TB, r result, code, lines int) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d: %s", r.code, code, r.stderr)
	}
	if got := strings.Count(r.stderr, "\n"); got != lines || !strings.HasSuffix(r.stderr, "\n") {
		t.Errorf("complains in %d lines, want %d: %q", got, lines, r.stderr)
	}
	if m := goText.FindString(r.stderr); m != "" {
		t.Errorf("complains like a program (%s): %q", m, r.stderr)
	}
	if r.stdout != "" {
		t.Errorf("writes %q to standard output", r.stdout)
	}
}

func TestDataFolderInUse(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	s := serve(t, launch{room: room})
	data := "SEMANTEST_DATA_DIR=" + filepath.Join(room, "data")
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"run", "test.plan.yaml"}, {"token", "create"}} {
		l := launch{args: args, env: []string{data}, room: newRoom(t)}
		writePlan(t, l.room, valid)
		r := run(t, l)
		assertComplaint(t, r, 2, 1)
		want := fmt.Sprintf("is in use by process %d; stop it or choose another with --data-dir", s.cmd.Process.Pid)
		if !strings.Contains(r.stderr, want) {
			t.Errorf("%v complains %q, want %q", args, r.stderr, want)
		}
	}
	if status, _ := get(t, s.URL+"/readyz", ""); status != 200 {
		t.Errorf("the first server suffers: it answers %d", status)
	}
	s.stop(t)
}

// TestBadTargets: the run is kept, and says for each case what is wrong.
func TestBadTargets(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	closed := closedAddress(t)
	plan := fmt.Sprintf(`version: "1"
name: Bad targets
use: {stepTimeout: 500ms}
cases:
  - {id: api.closed, kind: api, tags: [unreachable], steps: [{http: "http://%[1]s/"}]}
  - {id: api.unknown, kind: api, tags: [unreachable], steps: [{http: "http://shop.invalid/"}]}
  - {id: browser.closed, kind: browser, timeout: 1m, tags: [unreachable], steps: [{goto: "http://%[1]s/", timeout: 30s}]}
  - {id: api.silent, kind: api, tags: [silent], steps: [{http: "http://%[2]s/"}]}
  - {id: browser.silent, kind: browser, tags: [silent], steps: [{goto: "http://%[2]s/", timeout: 3s}]}
`, closed, silent.Addr())
	tests := []struct {
		tag     string
		code    int
		outcome string
		say     map[string]string
	}{
		{"unreachable", 3, "errored", map[string]string{
			"api.closed":     "could not connect to http://" + closed + ": connection refused; is the application running?",
			"api.unknown":    "there is no host shop.invalid; is the address right?",
			"browser.closed": "http://" + closed + "/ cannot be reached: nothing listens there",
		}},
		{"silent", 1, "timed_out", map[string]string{
			"api.silent":     "did not finish within the step's limit of 500ms",
			"browser.silent": "did not answer within 3s",
		}},
	}
	for _, tc := range tests {
		t.Run(tc.tag, func(t *testing.T) {
			t.Parallel()
			room := newRoom(t)
			r := run(t, launch{
				room: room, env: []string{"SEMANTEST_DATABASE_URL=" + database(t)},
				args: []string{"run", writePlan(t, room, plan), "--tag", tc.tag, "--output", "out"},
			})
			if r.code != tc.code || r.stderr != "" {
				t.Errorf("exit code %d, want %d\n%s%s", r.code, tc.code, r.stdout, r.stderr)
			}
			got := assertReports(t, filepath.Join(room, "out"))
			if len(got.Results) != len(tc.say) {
				t.Errorf("%d results, want %d", len(got.Results), len(tc.say))
			}
			for _, res := range got.Results {
				want := tc.say[res.CaseID]
				if res.Outcome != tc.outcome || !strings.Contains(res.Error, want) || !strings.Contains(r.stdout, want) {
					t.Errorf("%s is %s: %q, want %s: %q", res.CaseID, res.Outcome, res.Error, tc.outcome, want)
				}
			}
		})
	}
}

// TestBadRequests: the graph answers what is wrong with them, in its own words.
func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, launch{env: local(t)})
	huge := valid + "# " + strings.Repeat("x", 10<<20)
	starts := []struct {
		name  string
		start client.Start
		code  apperr.Code
		say   string
	}{
		{"10 MB", client.Start{Source: huge}, apperr.InvalidInput, "larger"},
		{"non-UTF-8", client.Start{Source: "version: \"1\"\nname: \xff\n"}, apperr.InvalidInput, ""},
		{"mistakes", client.Start{Source: "version: \"1\"\nname: x\nstages: []\n"}, apperr.InvalidInput, "the plan has 2 mistakes; the first is at line 1"},
		{"a missing file", client.Start{Source: strings.Replace(valid, `1/"}`, `1/", check: [{schema: file://no.json}]}`, 1)}, apperr.InvalidInput, "no.json"},
		{"an unknown kind", client.Start{Source: valid, Kinds: []string{"vr"}}, "", "VR is not a valid Kind"},
		{"an unknown variable", client.Start{Source: valid, Variables: map[string]string{"X": "1"}}, apperr.InvalidInput, `no variable "X"`},
		{"a bad expression", client.Start{Source: valid, Grep: "("}, apperr.InvalidInput, "not a regular expression"},
		{"too many at once", client.Start{Source: valid, Parallel: 1001}, apperr.InvalidInput, "parallel must be from 1 to 1000"},
	}
	for _, tc := range starts {
		_, err := s.Client.StartRun(t.Context(), tc.start)
		if err == nil || !strings.Contains(err.Error(), tc.say) || (tc.code != "" && apperr.CodeOf(err) != tc.code) {
			t.Errorf("%s: got %s: %v, want %s: %q", tc.name, apperr.CodeOf(err), err, tc.code, tc.say)
		}
	}
	for name, body := range map[string]string{
		"not JSON": "query { runs }", "no query": "{}", "a wrong field": `{"query": "{ nope }"}`,
		"16 MB": `{"query": "` + strings.Repeat("x", 16<<20) + `"}`, "binary": string(bytes.Repeat([]byte{0, 0xff}, 100)),
	} {
		status, answer := post(t, s.URL+"/graphql", s.Token, body)
		// What is well-formed JSON and not a valid query answers 200, as GraphQL over
		// HTTP has it for application/json.
		if good := name == "a wrong field" && status == 200; !good && (status < 400 || status >= 500) || !strings.Contains(answer, `"errors"`) || goText.MatchString(answer) {
			t.Errorf("%s: answers %d: %.300s", name, status, answer)
		}
	}
	if _, body := graph(t, s, s.Token, `{ runs { totalCount } }`); !strings.HasPrefix(body, `{"data":{"runs":{"totalCount":0}}`) {
		t.Errorf("a bad start left a run: %s", body)
	}
	if r := s.stop(t); strings.Contains(r.stderr, "level=ERROR") {
		t.Errorf("the server takes the fault on itself:\n%s", r.stderr)
	}
}
