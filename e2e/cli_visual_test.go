package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const looksPlan = `version: "1"
name: Looks
env: {BASE_URL: "SHOP", FAULT: none}
use: {viewport: {width: 800, height: 600}}
cases:
  - {id: visual.home, kind: visual, url: "/?fault=${{ FAULT }}", picture: home}
`

// TestVisualComparison accepts how the shop looks, beside the plan, and finds
// what only shows.
func TestVisualComparison(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	plan := writePlan(t, room, strings.Replace(looksPlan, "SHOP", openShop(t), 1))
	env := []string{"SEMANTEST_DATABASE_URL=" + database(t), "SEMANTEST_KINDS=browser"}
	accepted := filepath.Join(room, "__baselines__", "test", "visual.home", "home-chromium-800x600.png")
	for _, try := range []struct {
		name string
		args []string
		code int
		says string
		kept bool // an accepted picture lies beside the plan afterwards
	}{
		{"nothing is accepted", nil, 1, "nobody has accepted a picture for the screenshot home in chromium at 800x600@1 yet; look at it and accept it with semantest review", false},
		{"what the run sees is accepted", []string{"--update-baselines"}, 0, "baselines: 1 new, 0 changed, 0 unchanged; accepted", true},
		{"it looks the same", nil, 0, "PASSED", true},
		{"the banner is drawn lower", []string{"--var", "FAULT=shifted-banner"}, 1, "the screenshot home is not as accepted: ", true},
	} {
		r := run(t, launch{room: room, args: append([]string{"run", plan}, try.args...), env: env})
		if r.code != try.code || !strings.Contains(r.stdout, try.says) {
			t.Fatalf("%s: exit code %d, want %d, and %q in\n%s%s", try.name, r.code, try.code, try.says, r.stdout, r.stderr)
		}
		if _, err := os.Stat(accepted); (err == nil) != try.kept {
			t.Errorf("%s: the accepted picture: %v", try.name, err)
		}
	}
	page, err := os.ReadFile(filepath.Join(room, "semantest-report", "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<section class="visual"`, "<b>Accepted</b>", "<b>Seen now</b>", "<b>Difference</b>", `data-mode="slider"`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report does not show %s", want)
		}
	}
	for _, review := range []struct {
		args []string
		says string
	}{
		{[]string{"review", "list", "--local", plan}, "changed  visual.home home chromium 800x600@1"},
		{[]string{"review", "accept", "home", "--local", plan}, "accepted  visual.home home chromium 800x600@1"},
		{[]string{"run", plan, "--var", "FAULT=shifted-banner"}, "PASSED"},
	} {
		r := run(t, launch{room: room, args: review.args, env: env})
		if r.code != 0 || !strings.Contains(r.stdout, review.says) {
			t.Fatalf("%v: exit code %d, and %q in\n%s%s", review.args, r.code, review.says, r.stdout, r.stderr)
		}
	}
}
