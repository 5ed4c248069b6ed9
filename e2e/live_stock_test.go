package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestStockClientReceivesEverything(t *testing.T) {
	t.Parallel()
	s, app := newSystem(t), openDoors(t)
	api := s.api(t)
	s.worker(t, 4)
	const cases = 60
	id := startRun(t, api.Client, plan(app.URL, "/door", "parallel: 4", cases))
	straight := followStock(t, api.URL, api.Token, id)
	leaves := followStock(t, api.URL, api.Token, id, "50")
	cut := followStock(t, cutting(t, api.URL), api.Token, id)
	for _, one := range []*stockFollower{straight, leaves, cut} {
		one.process.awaitMatch(t, `(?m)^(1)$`) // from the very beginning
	}
	app.open("/door", all)
	evs := follow(t, api.Client, id)
	assertEvents(t, evs, cases)
	for _, one := range []*stockFollower{straight, leaves, cut} {
		assertNumbers(t, one.finish(t), len(evs))
	}
}

// stockFollower is the graphql-ws client in a process of Node's.
type stockFollower struct{ process *process }

// followStock follows a run with the graphql-ws client. An option says after
// how many events it is disposed and a new one goes on.
func followStock(t testing.TB, url, token, runID string, options ...string) *stockFollower {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node 20.19 or later")
	}
	script, err := filepath.Abs("testdata/follow.mjs")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{script, packages(t), url, token, runID}, options...)
	return &stockFollower{start(t, launch{program: node, args: args})}
}

// finish returns the numbers that came, once the server has completed the
// subscription.
func (f *stockFollower) finish(t testing.TB) []int64 {
	t.Helper()
	r := f.process.wait(t)
	lines := strings.Fields(strings.TrimSpace(r.stdout))
	if r.code != 0 || len(lines) == 0 || lines[len(lines)-1] != "complete" {
		t.Fatalf("the stock client ended with %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	var out []int64
	for _, line := range lines[:len(lines)-1] {
		seq, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			t.Fatalf("the stock client says:\n%s%s", r.stdout, r.stderr)
		}
		out = append(out, seq)
	}
	return out
}

var installOnce = sync.OnceValue(func() error {
	if _, err := os.Stat("../frontend/node_modules/graphql-http/package.json"); err == nil {
		return nil
	}
	npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund") // npm has its own limits
	npm.Dir = "../frontend"
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
})

// packages returns the package.json beside which the clients of the frontend
// are installed; the first one who asks installs them.
func packages(t testing.TB) string {
	t.Helper()
	if err := installOnce(); err != nil {
		t.Fatalf("install the packages of the frontend: %v", err)
	}
	path, err := filepath.Abs("../frontend/package.json")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
