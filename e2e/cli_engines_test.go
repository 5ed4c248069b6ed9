package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shopCases are those that the engines are tried with: what people do in the
// shop, what it looks like and whether everybody can use it. The one for phones
// is among them because it is skipped beside Chromium.
const shopCases = `^(browse\.search|buy\.checkout|buy\.busy|review\.picture|account\.sign-in|help\.chat|visual\.product|a11y\.help)`

// cannot says why a case of the shop's plan is skipped in an engine. All other
// ones pass.
var cannot = map[string]string{
	"buy.busy[browser=firefox]": "firefox cannot emulate a device's pixel ratio",
	"buy.busy[browser=webkit]":  "webkit cannot emulate a device's pixel ratio",
}

// TestShopInThreeEngines runs the same cases of the shop's plan in Chromium,
// Firefox and WebKit. Each is started once.
func TestShopInThreeEngines(t *testing.T) {
	t.Parallel()
	listed := run(t, launch{room: newRoom(t), args: []string{"browsers"}})
	for _, want := range []string{"act in frames", "read the console", "emulate touch"} {
		if !strings.Contains(listed.stdout, want) {
			t.Errorf("semantest browsers does not tell who can %s:\n%s", want, listed.stdout)
		}
	}
	for _, engine := range []string{"chromium", "firefox", "webkit"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(listed.stdout, engine+" is not installed here") {
				t.Skip(engine + " is not installed here")
			}
			room := newRoom(t)
			r := run(t, launch{room: room, args: []string{"run", shopIn(t, room, engine), "--kind", "browser", "--grep", shopCases}, env: []string{"SEMANTEST_KINDS=browser"}})
			if r.code != 0 {
				t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
			}
			results := assertReports(t, filepath.Join(room, "semantest-report")).Results
			if len(results) != 8 {
				t.Errorf("%d results, want 8", len(results))
			}
			for _, one := range results {
				key := one.CaseID + "[browser=" + one.Matrix["browser"] + "]"
				why := cannot[key]
				switch {
				case one.Matrix["browser"] != engine:
					t.Errorf("%s did not run in %s", key, engine)
				case why == "" && one.Outcome != "passed":
					t.Errorf("%s is %s: %s", key, one.Outcome, one.Error)
				case why != "" && one.Outcome != "skipped":
					t.Errorf("%s is %s, want that it is skipped", key, one.Outcome)
				case why != "" && !strings.Contains(r.stdout, why):
					t.Errorf("the output does not say that %s:\n%s", why, r.stdout)
				}
			}
		})
	}
}

// shopIn writes the shop's plan for an engine, and opens a shop of its own.
func shopIn(t *testing.T, room, engine string) string {
	t.Helper()
	folder := filepath.Join(room, "shop")
	if err := os.CopyFS(folder, os.DirFS("../examples")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "shop.plan.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plan := string(text)
	for _, change := range [][2]string{
		{"BASE_URL: http://127.0.0.1:8090\n", "BASE_URL: " + openShop(t) + "\n"},
		{"\nuse:\n", "\nuse:\n  browsers: [" + engine + "]\n"},
	} {
		if !strings.Contains(plan, change[0]) {
			t.Fatalf("the shop's plan does not say %q", change[0])
		}
		plan = strings.Replace(plan, change[0], change[1], 1)
	}
	// The server is ours, and the gates are for the whole of the plan.
	before, rest, ok := strings.Cut(plan, "webServer:\n")
	_, cases, ok2 := strings.Cut(rest, "\ncases:\n")
	if !ok || !ok2 {
		t.Fatal("the shop's plan is not as it was")
	}
	if err := os.WriteFile(path, []byte(before+"cases:\n"+cases), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
