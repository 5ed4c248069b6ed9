package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/executors/fake"
	"github.com/semantest/semantest/internal/app/apptest"
	"github.com/semantest/semantest/internal/config"
	"github.com/semantest/semantest/internal/llm/llmtest"
	"github.com/semantest/semantest/internal/spec"
)

// TestAModelJudgesFromTheCommandLine has a stub judge whose quotations stand
// nowhere: what is shown says so, and the run's verdict stays.
func TestAModelJudgesFromTheCommandLine(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)},
		LLM: config.LLM{LLMBaseURL: stub.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model}})
	plan := filepath.Join(t.TempDir(), "p.plan.yaml")
	text := "version: \"1\"\nname: One\nenv: {BASE_URL: \"http://127.0.0.1:1\"}\ncases: [{id: home, kind: api, steps: [{http: /}]}]\n"
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	remote := []string{"--remote", s.App.URL(), "--token", s.Token}
	code, out, problems := command(nil, append([]string{"run", plan, "--reporter", "line", "--judge", "llm", "--votes", "2"}, remote...)...)
	if code != 0 || !strings.Contains(out, "By a language model") || !strings.Contains(out, "2 of 2 votes came in from "+llmtest.Model) || !strings.Contains(out, "was dropped") {
		t.Fatalf("run exits with %d:\n%s%s", code, out, problems)
	}
	id := ids.FindString(out)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"again, as JSON":        {[]string{"assess", id, "--judge", "llm", "--votes", "1", "--json"}, 0, `"status": "NOT_ASSESSED"`},
		"by rules":              {[]string{"assess", id}, 0, "GOOD, 1 OF 1"},
		"an unknown model":      {[]string{"assess", id, "--judge", "llm", "--model", "nobody"}, 0, "knows no such model"},
		"votes without a model": {[]string{"assess", id, "--votes", "2"}, 2, "belong to --judge llm"},
		"too many votes":        {[]string{"assess", id, "--judge", "llm", "--votes", "10"}, 2, "from 1 to 9"},
		"another judge":         {[]string{"assess", id, "--judge", "coin"}, 2, "coin"},
		"no such run":           {[]string{"assess", "run_01h455vb4pex5vsknk084sn02q", "--judge", "llm"}, 2, "there is no run"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, problems := command(nil, append(tt.args, remote...)...)
			if code != tt.code || !strings.Contains(out+problems, tt.says) {
				t.Errorf("exits with %d, want %d and %q:\n%s%s", code, tt.code, tt.says, out, problems)
			}
		})
	}
}

// TestThePlansOwnJudgeIsShown has runs whose plans name a judge: the judgement is the
// one that the server makes at the end of the run, and not a second one.
func TestThePlansOwnJudgeIsShown(t *testing.T) {
	t.Parallel()
	stub := llmtest.New(t)
	for name, tt := range map[string]struct {
		model config.LLM
		args  []string
		shows []string
		hides string
		asked int
	}{
		"by the stub": {
			model: config.LLM{LLMBaseURL: stub.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model},
			shows: []string{"GOOD, 1 OF 1", "By a language model", "2 of 2 votes came in from " + llmtest.Model}, asked: 1,
		},
		"with other votes": {
			model: config.LLM{LLMBaseURL: stub.URL(), LLMAPIKey: llmtest.Key, LLMModel: llmtest.Model},
			args:  []string{"--votes", "1"}, shows: []string{"1 of 1 votes came in"}, asked: 2,
		},
		"without a provider": {shows: []string{"GOOD, 1 OF 1", "By a language model", "NOT ASSESSED", "no language model is configured"}, asked: 1},
		"by rules alone":     {args: []string{"--judge", "rules"}, shows: []string{"GOOD, 1 OF 1"}, hides: "By a language model", asked: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apptest.Start(t, apptest.Options{Executors: []executors.Executor{fake.New(spec.KindAPI)}, LLM: tt.model})
			plan := filepath.Join(t.TempDir(), "p.plan.yaml")
			text := "version: \"1\"\nname: One\nenv: {BASE_URL: \"http://127.0.0.1:1\"}\njudge: {llm: {votes: 2}, criteria: {functionality: 1}}\ncases: [{id: home, kind: api, steps: [{http: /}]}]\n"
			if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, problems := command(nil, append([]string{"run", plan, "--reporter", "line", "--remote", s.App.URL(), "--token", s.Token}, tt.args...)...)
			if code != 0 || tt.hides != "" && strings.Contains(out, tt.hides) {
				t.Errorf("run exits with %d, or shows %q:\n%s%s", code, tt.hides, out, problems)
			}
			for _, want := range tt.shows {
				if !strings.Contains(out, want) {
					t.Errorf("run does not show %q:\n%s%s", want, out, problems)
				}
			}
			asked := 0
			run := s.Query(t, `query($id: ID!) { run(id: $id) { assessments { nodes { judge } } } }`, map[string]any{"id": ids.FindString(out)})["run"].(map[string]any)
			for _, a := range run["assessments"].(map[string]any)["nodes"].([]any) {
				if a.(map[string]any)["judge"] == "LLM" {
					asked++
				}
			}
			if asked != tt.asked {
				t.Errorf("a model was asked %d times, want %d", asked, tt.asked)
			}
		})
	}
}
