package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/baselines/folder"
	"github.com/semantest/semantest/internal/cli"
	"github.com/semantest/semantest/internal/spec"
)

// command runs the command line without a process.
func command(env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, problems bytes.Buffer
	code = cli.Main(args, cli.Sys{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems,
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }, Environ: func() []string { return nil },
		Interrupted: context.WithCancel,
	})
	return code, out.String(), problems.String()
}

func pictures(text string) string {
	return fmt.Sprintf(`version: "1"
name: Pictures
env: {BASE_URL: "http://127.0.0.1:1"}
cases:
  - {id: home, kind: api, tags: [fake.picture-logo-%s], steps: [{http: /}]}
`, text)
}

var ids = regexp.MustCompile(`(run|cmp)_[0-9a-z]{26}`)

func TestReviewOnAServer(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
	plan := filepath.Join(t.TempDir(), "pictures.plan.yaml")
	remote := []string{"--remote", s.App.URL(), "--token", s.Token}
	run := func(text string, want int, says string, more ...string) string {
		t.Helper()
		if err := os.WriteFile(plan, []byte(pictures(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, problems := command(nil, append(append([]string{"run", plan, "--reporter", "line"}, remote...), more...)...)
		if code != want || !strings.Contains(out, says) {
			t.Fatalf("run exits with %d, want %d and %q\n%s%s", code, want, says, out, problems)
		}
		return ids.FindString(out)
	}
	review := func(want int, says string, args ...string) string {
		t.Helper()
		code, out, problems := command(nil, append(append([]string{"review"}, args...), remote...)...)
		if code != want || !strings.Contains(out+problems, says) {
			t.Fatalf("review %v exits with %d, want %d and %q\n%s%s", args, code, want, says, out, problems)
		}
		return out
	}
	id := run("one", cli.ExitFailed, "baselines: 1 new, 0 changed, 0 unchanged")
	list := review(cli.ExitPassed, "new      home logo fake 800x600@1", "list", id)
	page := filepath.Join(t.TempDir(), "page.html")
	review(cli.ExitPassed, "page", "show", id, "--html", page)
	if html, err := os.ReadFile(page); err != nil || !bytes.Contains(html, []byte("<pre>one</pre>")) || !bytes.Contains(html, []byte("semantest review accept cmp_")) {
		t.Errorf("%v\n%s", err, html)
	}
	review(cli.ExitUsage, "is a run", "accept", id)
	review(cli.ExitUsage, "say what", "accept")
	review(cli.ExitPassed, "accepted  home logo", "accept", ids.FindAllString(list, -1)[0], "--note", "as designed")
	run("one", cli.ExitPassed, "PASSED")
	other := run("two", cli.ExitFailed, "changed  home logo fake 800x600@1: 1 pixel differs, 50.00 % (the bytes differ)")
	review(cli.ExitPassed, "rejected  home logo", "reject", "--all", other)
	run("two", cli.ExitFailed, "1 rejected before")
	review(cli.ExitPassed, "nothing waits", "list", other)
	run("three", cli.ExitPassed, "1 changed, 0 unchanged; accepted", "--update-baselines")
	run("three", cli.ExitPassed, "PASSED")
	run("three", cli.ExitPassed, "PASSED", "--branch", "feature")
	run("four", cli.ExitPassed, "1 changed, 0 unchanged; accepted", "--update-baselines", "--branch", "feature")
	review(cli.ExitUsage, "say what to do")
	review(cli.ExitUsage, "come with its merge", "--promote", "feature", "--local", plan)
	review(cli.ExitPassed, "promoted  home logo fake 800x600@1\n1 promoted into main, 0 there already, 0 kept", "--promote", "feature")
	run("four", cli.ExitPassed, "PASSED")
	run("five", cli.ExitPassed, "1 changed, 0 unchanged; accepted", "--update-baselines", "--branch", "feature")
	run("six", cli.ExitPassed, "1 changed, 0 unchanged; accepted", "--update-baselines")
	review(cli.ExitPassed, "kept      home logo fake 800x600@1: main has had its own since", "--promote", "feature", "--into", "main")
	run("six", cli.ExitPassed, "PASSED")
	review(cli.ExitUsage, "there is no comparison", "accept", "cmp_01m80ma387fbwsmx3a8sgk6m52")
}

func TestReviewBesideAPlan(t *testing.T) {
	t.Parallel()
	plan := filepath.Join(t.TempDir(), "pictures.plan.yaml")
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}, Baselines: folder.Of(plan)})
	run := func(text string, accept bool, status, says string) {
		t.Helper()
		if err := os.WriteFile(plan, []byte(pictures(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		id := s.Run(t, pictures(text))
		s.Follow(t, id)
		lines, err := cli.SettleBaselines(t.Context(), s.Client, id, accept, plan)
		if err != nil || !strings.Contains(strings.Join(lines, "\n"), says) {
			t.Fatalf("%v, want %q:\n%s", err, says, strings.Join(lines, "\n"))
		}
		row, err := s.Client.FetchRun(t.Context(), id)
		if err != nil || row.Status != status {
			t.Fatalf("%s: the run is %s: %v", text, row.Status, err)
		}
	}
	review := func(want int, says string, args ...string) {
		t.Helper()
		code, out, problems := command(nil, append(append([]string{"review"}, args...), "--local", plan)...)
		if code != want || !strings.Contains(out+problems, says) {
			t.Fatalf("review %v exits with %d, want %d and %q\n%s%s", args, code, want, says, out, problems)
		}
	}
	run("one", false, "FAILED", "1 new")
	review(cli.ExitPassed, "  1  new      home logo fake 800x600@1", "list")
	review(cli.ExitUsage, "nothing that waits for a review is called nothing", "accept", "nothing")
	review(cli.ExitUsage, "say what", "accept")
	review(cli.ExitPassed, "accepted  home logo", "accept", "logo")
	run("one", false, "PASSED", "")
	run("two", false, "FAILED", "1 changed")
	review(cli.ExitPassed, "rejected  home logo", "reject", "home/logo")
	review(cli.ExitPassed, "rejected home logo", "list")
	run("two", false, "FAILED", "1 changed")
	review(cli.ExitPassed, "rejected home logo", "list")
	review(cli.ExitPassed, "accepted  home logo", "accept", "1", "--variant")
	run("one", false, "PASSED", "")
	run("two", false, "PASSED", "")
	run("three", true, "FAILED", "accepted") // the server was not told beforehand
	run("three", false, "PASSED", "")
	review(cli.ExitPassed, "nothing waits", "list")
}

// TestReviewPage shows pictures, and text as what it is.
func TestReviewPage(t *testing.T) {
	t.Parallel()
	plan := filepath.Join(t.TempDir(), "p.plan.yaml")
	if err := os.WriteFile(plan, []byte(pictures("x")), 0o600); err != nil {
		t.Fatal(err)
	}
	f := folder.New(folder.Of(plan))
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	key := folder.Key{CaseKey: "c", Name: "<b>n</b>", Kind: spec.BaselineScreenshot}
	if err := f.Accept(key, picture.Bytes(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Propose(folder.Pending{Key: key, Status: spec.ComparisonChanged, Reason: "<i>"}, []byte("</pre><script>alert(1)</script>"), picture.Bytes()); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	if code, out, problems := command(nil, "review", "show", "--local", plan, "--html", page); code != cli.ExitPassed {
		t.Fatal(code, out, problems)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(html, []byte("data:image/png;base64,iVBOR")); n != 2 || bytes.Contains(html, []byte("<script>")) || bytes.Contains(html, []byte("<b>n")) || bytes.Contains(html, []byte("ZgotmplZ")) {
		t.Errorf("%d pictures:\n%s", n, html)
	}
}

func TestBranchOfARun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plan := filepath.Join(dir, "deep", "p.plan.yaml")
	head := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, ".git"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, ".git", "HEAD"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{}
	sys := cli.Sys{LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	head("ref: refs/heads/feature/x\n")
	if got := cli.BranchOf("", plan, sys); got != "feature/x" {
		t.Errorf("checked out: %q", got)
	}
	head("8d3f\n")
	if got := cli.BranchOf("", plan, sys); got != "" {
		t.Errorf("no branch: %q", got)
	}
	env["GITHUB_REF_NAME"] = "main"
	if got := cli.BranchOf("", plan, sys); got != "main" {
		t.Errorf("continuous integration: %q", got)
	}
	if got := cli.BranchOf("mine", plan, sys); got != "mine" {
		t.Errorf("as given: %q", got)
	}
}
