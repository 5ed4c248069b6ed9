package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDemoShowsEverythingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	for _, try := range []string{"the first time", "again"} {
		r := run(t, launch{room: room, args: []string{"demo"}})
		if r.code != 0 {
			t.Fatalf("%s: exit code %d\n%s%s", try, r.code, r.stdout, r.stderr)
		}
		for _, want := range []string{
			"The sample shop is open at http://127.0.0.1:", "Running 46 cases", "✓ buy.checkout",
			"PASSED  Driftwood shop: 46 passed", "run     run_",
			"semantest-report/report.html", "semantest-report/junit.xml", "semantest-report/result.json",
		} {
			if !strings.Contains(r.stdout, want) {
				t.Errorf("%s: the output does not say %q:\n%s", try, want, r.stdout)
			}
		}
		if strings.ContainsRune(r.stdout+r.stderr, '\x1b') || strings.ContainsRune(r.stdout, '\r') {
			t.Errorf("%s: piped output has escape codes:\n%q", try, r.stdout)
		}
		if r.stderr != "" {
			t.Errorf("%s: a demo that works complains:\n%s", try, r.stderr)
		}
		got := assertReports(t, filepath.Join(room, "semantest-report"))
		if got.Run.Status != "PASSED" || got.Run.Counts["passed"] != 46 || len(got.Results) != 46 {
			t.Errorf("%s: result.json says %+v", try, got.Run)
		}
		assertFolder(t, room, "semantest-report", "tmp")
	}
}

func TestDemoWithoutABrowserSaysSo(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	r := run(t, launch{room: room, args: []string{"demo"}, env: []string{"SEMANTEST_BROWSER=/nonexistent"}})
	if r.code != 3 {
		t.Errorf("exit code %d, want 3\n%s", r.code, r.stdout)
	}
	if want := `errored: no browser for the case: the browser "/nonexistent" cannot be run`; !strings.Contains(r.stdout, want) {
		t.Errorf("the output does not say %q:\n%s", want, r.stdout)
	}
	for _, one := range assertReports(t, filepath.Join(room, "semantest-report")).Results {
		want := "passed"
		if one.Kind == "browser" {
			want = "errored"
		}
		if one.Outcome != want {
			t.Errorf("%s is %s, want %s", one.CaseID, one.Outcome, want)
		}
	}
}

// assertFolder checks what is in a folder.
func assertFolder(t testing.TB, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %v, want %v", folder, got, want)
	}
}
