package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const needsSecret = `version: "1"
name: Needs a secret
secrets: [API_TOKEN]
cases:
  - id: a
    kind: api
    steps: [{http: {url: /echo, headers: {X-Say: "${{ API_TOKEN }}"}}, check: [{header: X-Said, equals: "${{ API_TOKEN }}"}]}]
`

// TestSecretsOnTheCommandLine keeps a secret, runs with it, renews the key beside
// the running server and its embedded Postgres, and runs again.
func TestSecretsOnTheCommandLine(t *testing.T) {
	t.Parallel()
	room, app := newRoom(t), openTarget(t)
	s := serve(t, launch{room: room, args: []string{"--egress", "dev", "--kinds", "api"}})
	office := newRoom(t)
	local := run(t, launch{room: office, args: []string{"secrets", "list", "--remote", s.URL, "--token", s.Token}})
	if local.code != 0 || !strings.Contains(local.stdout, "NAME") {
		t.Fatalf("list: %d %s%s", local.code, local.stdout, local.stderr)
	}
	if r := run(t, launch{room: office, program: "sh", args: []string{"-c", "echo v | " + binary + " secrets set API_TOKEN --remote " + s.URL + " --token " + s.Token}}); r.code != 2 ||
		!strings.Contains(r.stderr, "admin") {
		t.Errorf("without the permission: %d %s", r.code, r.stderr)
	}
	start := func(want int) {
		t.Helper()
		r := run(t, launch{
			room: office, args: []string{"run", writePlan(t, office, needsSecret), "--remote", s.URL, "--token", s.Token, "--reporter", "line"},
			env: []string{"SEMANTEST_VAR_BASE_URL=" + app.URL},
		})
		if r.code != want {
			t.Errorf("the run ends with %d, want %d\n%s%s", r.code, want, r.stdout, r.stderr)
		}
		if want == 2 && !strings.Contains(r.stderr, "the secret API_TOKEN was not given") {
			t.Errorf("a missing secret: %s", r.stderr)
		}
	}
	start(2)
	s.stop(t)
	// Without a server to talk to, the command works on the data folder.
	r := run(t, launch{room: room, program: "sh", args: []string{"-c", "printf 'sesame-open-4711\\n' | " + binary + " secrets set API_TOKEN"}})
	if r.code != 0 {
		t.Fatalf("set: %d %s", r.code, r.stderr)
	}
	s = serve(t, launch{room: room, args: []string{"--egress", "dev", "--kinds", "api"}})
	start(0)
	key := filepath.Join(room, "data", "secret.key")
	before, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	r = run(t, launch{room: room, args: []string{"secrets", "rotate", "--settle", "2s"}})
	if r.code != 0 || !strings.Contains(r.stderr, "The older keys are gone") {
		t.Fatalf("rotate: %d %s", r.code, r.stderr)
	}
	after, err := os.ReadFile(key)
	if err != nil || string(after) == string(before) {
		t.Errorf("the key is what it was (%v)", err)
	}
	start(0)
	if r := run(t, launch{room: office, args: []string{"secrets", "list", "--remote", s.URL, "--token", s.Token}}); !strings.Contains(r.stdout, "API_TOKEN") ||
		strings.Contains(r.stdout, "sesame") {
		t.Errorf("list: %s", r.stdout)
	}
}
