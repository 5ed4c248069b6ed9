package e2e

import (
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	t.Parallel()
	r := run(t, launch{args: []string{"version"}})
	if r.code != 0 || !strings.HasPrefix(r.stdout, "semantest ") || r.stderr != "" {
		t.Errorf("got %+v", r)
	}
}
