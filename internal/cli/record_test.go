package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/cli"
	"github.com/semantest/semantest/internal/spec"
)

func record(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, problems bytes.Buffer
	code = cli.Main(append([]string{"record"}, args...), cli.Sys{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &problems,
		LookupEnv: func(string) (string, bool) { return "", false }, Environ: func() []string { return nil },
		Interrupted: context.WithCancel,
	})
	return code, out.String(), problems.String()
}

func TestRecord(t *testing.T) {
	t.Parallel()
	const command = "curl https://shop.test/a -H 'Authorization: Bearer abc'"
	code, plan, notes := record(command, "--curl", "-")
	if _, err := spec.Parse([]byte(plan)); code != cli.ExitPassed || err != nil || !strings.Contains(notes, "note: give the secret API_TOKEN its value") {
		t.Errorf("%d, %v, %q\n%s", code, err, notes, plan)
	}
	file := filepath.Join(t.TempDir(), "new.plan.yaml")
	for i, want := range []int{cli.ExitPassed, cli.ExitUsage} { // a second time it is there already
		if code, _, stderr := record(command, "--curl", "-", "--out", file); code != want {
			t.Errorf("try %d: %d, %q", i+1, code, stderr)
		}
	}
	if written, err := os.ReadFile(file); err != nil || string(written) != plan {
		t.Errorf("%v\n%s", err, written)
	}
	for name, args := range map[string][]string{
		"no source": {}, "two sources": {"--curl", "-", "--har", "-"}, "no file": {"--har", file + ".none"}, "no archive": {"--har", "-"},
		"no document": {"--openapi", "-"}, "no collection": {"--postman", "-"}, "no test": {"--playwright", "-"},
		"a page and a file": {"https://shop.test", "--curl", "-"}, "no page": {"shop.test", "--headless", "--debug-port", "9333"},
		"no window and no port": {"https://shop.test", "--headless"}, "no display": {"https://shop.test"},
		"no device": {"https://shop.test", "--headless", "--debug-port", "9333", "--device", "Abacus"},
	} {
		if code, stdout, stderr := record(command, args...); code != cli.ExitUsage || stdout != "" || stderr == "" {
			t.Errorf("%s: %d, %q, %q", name, code, stdout, stderr)
		}
	}
}
