package cli_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semantest/semantest/examples/shop"
	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/cli"
	"github.com/semantest/semantest/internal/spec"
)

const shopDocument = "../../examples/shop/openapi.yaml"

func shopAt(t *testing.T, fault shop.Fault) string {
	t.Helper()
	sample := shop.New(shop.WithFault(fault))
	server := httptest.NewServer(sample)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); sample.Close() })
	return server.URL
}

func TestAServerGenerates(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI), fake.New(spec.KindContract)}})
	dir := t.TempDir()
	plan := filepath.Join(dir, "shop.plan.yaml")
	remote := []string{"--remote", s.App.URL(), "--token", s.Token}
	code, out, problems := command(nil, append([]string{"generate", "--openapi", shopDocument, "--target", shopAt(t, shop.FaultNone),
		"--environment", "staging", "--max", "3", "--timeout", "5m", "--out", plan}, remote...)...)
	if code != 0 || !strings.Contains(out, "3 cases proposed by RULES") || !strings.Contains(out, "as gen_") || !strings.Contains(problems, "contract.api is proposed") {
		t.Fatalf("generate exits with %d:\n%s%s", code, out, problems)
	}
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err := spec.Parse(text); err != nil || len(parsed.Cases) != 3 || parsed.Environment != "staging" {
		t.Errorf("%v\n%s", err, text)
	}
	if code, out, problems := command(nil, "validate", plan); code != 0 { // with the document that its contract case reads
		t.Errorf("validate exits with %d:\n%s%s", code, out, problems)
	}
	requirements := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(requirements, []byte("REQ-1: An order has a number\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"there already":    {[]string{"--openapi", shopDocument, "--target", shopAt(t, shop.FaultNone), "--max", "1", "--timeout", "5m", "--out", plan}, 2, "shop.plan.yaml"},
		"no model":         {[]string{"--requirements", requirements}, 3, "SEMANTEST_LLM_BASE_URL"},
		"no document":      {[]string{"--openapi", requirements}, 3, "OpenAPI document"},
		"too many":         {[]string{"--openapi", shopDocument, "--max", "1000"}, 2, "maxCases"},
		"for no plan":      {[]string{"--openapi", shopDocument, "--plan-id", "pln_01h455vb4pex5vsknk084sn02q"}, 2, "pln_01h455vb4pex5vsknk084sn02q"},
		"without a run":    {[]string{"--openapi", shopDocument, "--no-run"}, 2, "--no-run"},
		"of two addresses": {[]string{"--openapi", "http://127.0.0.1:1/a", "--crawl", "http://127.0.0.1:1/"}, 2, "--crawl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, problems := command(nil, append(append([]string{"generate"}, tt.args...), remote...)...)
			if code != tt.code || !strings.Contains(out+problems, tt.says) {
				t.Errorf("exits with %d, want %d and %q:\n%s%s", code, tt.code, tt.says, out, problems)
			}
		})
	}
}

// pulls calls when once a text was written to it.
type pulls struct {
	bytes.Buffer
	at   string
	when func()
}

func (p *pulls) Write(b []byte) (int, error) {
	n, err := p.Buffer.Write(b)
	if p.when != nil && strings.Contains(p.String(), p.at) {
		p.when()
	}
	return n, err
}

// TestWhoStopsWaitingCancelsTheGeneration interrupts the command while the server
// tries cases out.
func TestWhoStopsWaitingCancelsTheGeneration(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}})
	problems := &pulls{at: "checking"}
	var out bytes.Buffer
	code := cli.Main([]string{"generate", "--openapi", shopDocument, "--target", shopAt(t, shop.FaultSlow), "--timeout", "10m", "--remote", s.App.URL(), "--token", s.Token},
		cli.Sys{
			Stdin: strings.NewReader(""), Stdout: &out, Stderr: problems, LookupEnv: func(string) (string, bool) { return "", false },
			Environ: func() []string { return nil },
			Interrupted: func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				problems.when = cancel
				return ctx, cancel
			},
		})
	if code != cli.ExitInterrupted {
		t.Errorf("exits with %d:\n%s%s", code, out.String(), problems)
	}
	list := s.Query(t, `{ generations { nodes { status } } }`, nil)["generations"].(map[string]any)["nodes"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["status"] != "CANCELLED" {
		t.Errorf("the server has %v", list)
	}
}
