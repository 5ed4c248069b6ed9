package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test needs Node 20.19 or later")
	}
	script, err := filepath.Abs("testdata/audit.mjs")
	if err != nil {
		t.Fatal(err)
	}
	s := newSystem(t).api(t)
	r := start(t, launch{program: node, args: []string{script, packages(t), s.URL, s.Token}}).wait(t)
	if got := strings.TrimSpace(r.stdout); r.code != 0 || got != "61 of 61 ok" {
		t.Errorf("exit %d, want 61 of 61 ok:\n%s\n%s", r.code, got, r.stderr)
	}
}
