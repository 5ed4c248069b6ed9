package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/llm/llmtest"
)

const actsPlan = `version: "1"
name: Cookies
env: {BASE_URL: "SITE"}
USE
cases:
  - id: ui.cookies
    kind: browser
    steps:
      - goto: /
      - act: accept the cookie dialog
      - expect: {visible: {text: Accepted}}
`

// TestActsAreChosenOnce has a model choose what words mean, and runs without it
// from then on: by the file beside the plan, and by what an earlier run left.
func TestActsAreChosenOnce(t *testing.T) {
	t.Parallel()
	room, model := newRoom(t), llmtest.New(t)
	model.Answer(func(llmtest.Request) string { return `{"index":1,"action":"click","option":-1}` })
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><html lang=en><title>Shop</title><dialog open aria-label=Cookies><button>Decline</button>
			<button onclick="document.body.append('Accepted')">Accept all</button></dialog>`)
	}))
	t.Cleanup(site.Close)
	text := strings.Replace(actsPlan, "SITE", site.URL, 1)
	plan := writePlan(t, room, strings.Replace(text, "USE", "use: {acts: file://my.acts.yaml}", 1))
	env := []string{"SEMANTEST_DATABASE_URL=" + database(t), "SEMANTEST_KINDS=browser"}
	with := append([]string{"SEMANTEST_LLM_BASE_URL=" + model.URL(), "SEMANTEST_LLM_MODEL=" + llmtest.Model, "SEMANTEST_LLM_API_KEY=" + llmtest.Key, "SEMANTEST_LLM_CACHE=0s"}, env...)
	for _, try := range []struct {
		name string
		args []string
		env  []string
		code int
		says string // on either output
		keep bool   // the plan names a file for its acts
	}{
		{"nothing is recorded", nil, env, 2, "my.acts.yaml", true},
		{"nobody can choose", []string{"--update-acts"}, env, 3, "no language model is configured", true},
		{"the model chooses", []string{"--update-acts"}, with, 0, "1 added, 0 changed", true},
		{"the record is enough", nil, env, 0, "PASSED", true},
		{"the model chooses the same", []string{"--update-acts"}, with, 0, "0 added, 0 changed, 1 unchanged", true},
		{"an earlier run is enough", nil, env, 0, "PASSED", false},
		{"no file to write to", []string{"--update-acts"}, with, 2, "put acts: file://", false},
	} {
		if !try.keep {
			if err := os.WriteFile(plan, []byte(strings.Replace(text, "USE", "", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := run(t, launch{room: room, args: append([]string{"run", plan}, try.args...), env: try.env})
		if r.code != try.code || !strings.Contains(r.stdout+r.stderr, try.says) {
			t.Fatalf("%s: exit code %d, want %d, and %q in\n%s%s", try.name, r.code, try.code, try.says, r.stdout, r.stderr)
		}
	}
	if n := len(model.Asked()); n != 2 {
		t.Errorf("the model was asked %d times, want 2", n)
	}
	acts, err := os.ReadFile(filepath.Join(room, "my.acts.yaml"))
	if err != nil || !strings.Contains(string(acts), "name: Accept all") {
		t.Errorf("%v:\n%s", err, acts)
	}
}
