package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/llm/llmtest"
)

func TestLLMCheck(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	deaf := llmtest.New(t)
	deaf.Always(llmtest.HTML)
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string // on either output
	}{
		{"usable", []string{"--base-url", s.URL(), "--model", llmtest.Model, "--llm-api-key", llmtest.Key}, 0, "usable; JSON is asked for by json_schema"},
		{"by its settings", []string{"--llm-base-url", s.URL(), "--llm-model", llmtest.Model, "--llm-api-key", llmtest.Key}, 0, "usable"},
		{"a wrong key", []string{"--base-url", s.URL(), "--model", llmtest.Model, "--llm-api-key", "sk-wrong"}, 3, "does not accept the key"},
		{"no model of that name", []string{"--base-url", s.URL(), "--model", "gpt-99", "--llm-api-key", llmtest.Key}, 3, "knows no such model"},
		{"no language model", []string{"--base-url", deaf.URL(), "--model", llmtest.Model, "--llm-api-key", llmtest.Key}, 3, "HTML"},
		{"nothing configured", nil, 2, "set SEMANTEST_LLM_BASE_URL"},
		{"no model", []string{"--base-url", s.URL()}, 2, "name the model"},
		{"no address", []string{"--base-url", "stub", "--model", "m"}, 2, "complete address"},
		{"the key of another endpoint", []string{"--llm-base-url", "https://api.test/v1", "--llm-model", "m", "--base-url", s.URL()}, 2, "the key is that one's"},
		{"a file of prices that is not there", []string{"--base-url", s.URL(), "--model", "m", "--llm-prices", "/no/such/file"}, 3, "file of prices"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, out := checkLLM(append([]string{"llm", "check"}, tt.args...)...)
			if code != tt.code || !strings.Contains(out, tt.says) {
				t.Errorf("exit code %d, want %d and %q in:\n%s", code, tt.code, tt.says, out)
			}
			if strings.Contains(out, "sk-") {
				t.Errorf("the key is shown:\n%s", out)
			}
		})
	}
	t.Run("as JSON", func(t *testing.T) {
		t.Parallel()
		_, out := checkLLM("llm", "check", "--json", "--llm-base-url", s.URL(), "--llm-model", llmtest.Model, "--llm-api-key", llmtest.Key)
		var found struct {
			Endpoints []struct {
				Usable   bool
				Findings []struct{ Name, State string }
			}
		}
		if err := json.Unmarshal([]byte(out), &found); err != nil || len(found.Endpoints) != 1 || !found.Endpoints[0].Usable || len(found.Endpoints[0].Findings) != 11 {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}

// checkLLM returns both outputs.
func checkLLM(args ...string) (code int, out string) {
	code, stdout, stderr := command(nil, args...)
	return code, stdout + stderr
}
