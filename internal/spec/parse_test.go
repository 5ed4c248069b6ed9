package spec_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/spec"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares text with a golden file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is stale; run the test with -update and read what changed:\n%s", file, diff)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no file %s: %v", pattern, err)
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func parse(t *testing.T, source string) *spec.Plan {
	t.Helper()
	plan, err := spec.Parse([]byte(source))
	if err != nil {
		t.Fatalf("the plan is good, but:\n%v", err)
	}
	return plan
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "testdata/mistakes/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := spec.Parse(read(t, file))
			var m *spec.Mistakes
			if !errors.As(err, &m) {
				t.Fatalf("%s has no mistakes: %v", file, err)
			}
			var b strings.Builder
			for _, one := range m.List {
				b.WriteString(one.At("plan.yaml") + "\n    at " + one.Path + "\n")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", b.String())
		})
	}
}

func TestGoodPlans(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "testdata/plans/*") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			parse(t, string(read(t, file)))
		})
	}
}
