package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/semantest/semantest/internal/llm/llmtest"
)

// TestDashboardTestsItself performs examples/dashboard.plan.yaml, the product's
// test of its own pages, on a server that has something to show.
func TestDashboardTestsItself(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../frontend/dist/index.html"); err != nil {
		t.Skip("the web pages are not built; make test-pages builds them and performs this test")
	}
	plan, err := filepath.Abs("../examples/dashboard.plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const password = "correct-horse-battery"
	shop := openShop(t)
	model := llmtest.New(t)
	model.Answer(opinions)
	s := serve(t, launch{args: []string{"--egress", "dev", "--rate-starts", "0"}, env: []string{
		"SEMANTEST_ADMIN_PASSWORD=" + password, "SEMANTEST_LLM_BASE_URL=" + model.URL(), "SEMANTEST_LLM_MODEL=" + llmtest.Model, "SEMANTEST_LLM_API_KEY=" + llmtest.Key,
	}})
	args := []string{"run", plan, "--egress", "dev", "--var", "BASE_URL=" + s.URL}
	for _, id := range something(t, s, shop) {
		args = append(args, "--var", id)
	}
	// No server lets a case reach itself: the tests come from a process of their own.
	p := start(t, launch{
		args: args,
		env:  []string{"SEMANTEST_VAR_PASSWORD=" + password, "SEMANTEST_VAR_TOKEN=" + s.Token},
	})
	if !p.ended(patience) {
		t.Fatalf("the plan has not ended within %s\n%s", patience, p.said())
	}
	if r := p.wait(t); r.code != 0 {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// patience is for a plan whose browsers may share a busy machine.
const patience = 10 * time.Minute
