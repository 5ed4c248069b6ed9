package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// documented is examples/shop-faulty.expected.yaml.
type documented struct {
	Plan   string
	Failed []failure
	Passed []string
}

type failure struct {
	Case, Fault, Outcome, Action, Error string
	Step                                int
	Checks                              []failedCheck
}

type failedCheck struct{ Name, Expected, Actual string }

func TestFaultyShopFailsExactlyAsDocumented(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../examples/shop-faulty.expected.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var want documented
	if err := yaml.Unmarshal(content, &want); err != nil {
		t.Fatal(err)
	}
	plan, err := filepath.Abs(filepath.Join("../examples", want.Plan))
	if err != nil {
		t.Fatal(err)
	}
	room := newRoom(t)
	r := run(t, launch{
		room: room, args: []string{"run", plan, "--output", "out"},
		env: []string{"SEMANTEST_VAR_BASE_URL=" + openShop(t)},
	})
	if r.code != 1 {
		t.Errorf("exit code %d, want 1\n%s%s", r.code, r.stdout, r.stderr)
	}
	got := failures(assertReports(t, filepath.Join(room, "out")))
	got.Plan = want.Plan
	for i := range want.Failed {
		w := &want.Failed[i]
		at := slices.IndexFunc(got.Failed, func(f failure) bool { return f.Case == w.Case })
		if at < 0 {
			continue // the comparison shows it
		}
		// The documentation gives a part of the error, and only where no check
		// says it.
		g := &got.Failed[at]
		if !strings.Contains(g.Error, w.Error) {
			t.Errorf("%s: the error %q does not hold %q", w.Case, g.Error, w.Error)
		}
		w.Fault, g.Error = "", w.Error
		if !strings.Contains(r.stdout, "✗ "+w.Case+" ") {
			t.Errorf("%s is not shown as failed:\n%s", w.Case, r.stdout)
		}
	}
	slices.Sort(want.Passed)
	slices.SortFunc(want.Failed, func(a, b failure) int { return strings.Compare(a.Case, b.Case) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documented (-) and got (+):\n%s", diff)
	}
}

func failures(r report) documented {
	var out documented
	for _, res := range r.Results {
		if res.Outcome == "passed" {
			out.Passed = append(out.Passed, res.CaseID)
			continue
		}
		f := failure{Case: res.CaseID, Outcome: res.Outcome, Step: -1}
		steps := res.Attempts[len(res.Attempts)-1].Steps
		if at := slices.IndexFunc(steps, func(s reportStep) bool { return s.Outcome != "passed" }); at >= 0 {
			f.Step, f.Action, f.Error = steps[at].Index, steps[at].Action, steps[at].Error
			for _, c := range steps[at].Checks {
				if !c.Passed {
					f.Checks = append(f.Checks, failedCheck{c.Name, c.Expected, atLeast(c.Actual)})
				}
			}
		}
		out.Failed = append(out.Failed, f)
	}
	slices.Sort(out.Passed)
	slices.SortFunc(out.Failed, func(a, b failure) int { return strings.Compare(a.Case, b.Case) })
	return out
}

// atLeast replaces a time, which differs from run to run, by what the
// documentation says of it.
func atLeast(actual string) string {
	if took, err := time.ParseDuration(actual); err == nil && took >= 3*time.Second {
		return "more than 3s"
	}
	return actual
}
