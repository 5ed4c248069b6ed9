package accept_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/spec"
)

// performer ends cases as their ids say.
type performer struct {
	mu   sync.Mutex
	runs map[string]int
}

func (p *performer) Able(kind spec.Kind) bool { return kind != spec.KindBrowser }

func (p *performer) Perform(_ context.Context, plan *spec.Plan, _ map[string][]byte, fault accept.Fault) accept.Ending {
	id := plan.Cases[0].ID
	p.mu.Lock()
	p.runs[id]++
	n := p.runs[id]
	p.mu.Unlock()
	failed := accept.Ending{Outcome: spec.OutcomeFailed, Error: "status should equal 200, but is 500", Failed: []string{"status equals 200"}}
	passed := accept.Ending{Outcome: spec.OutcomePassed}
	switch {
	case strings.HasPrefix(id, "fails"), strings.HasPrefix(id, "flaky") && n == 4, strings.HasPrefix(id, "turns") && n > 1:
		return failed
	case strings.HasPrefix(id, "blind"), fault == accept.Sound:
		return passed
	case strings.HasPrefix(id, "one-eyed") && fault != accept.ServerError:
		return passed
	}
	return failed
}

func source(id, step string) string {
	return fmt.Sprintf("id: %s\nkind: api\nsteps:\n  - %s\n", id, step)
}

func TestEachCheckRejectsForItsReason(t *testing.T) {
	t.Parallel()
	operation := []draft.Cite{{Kind: draft.Operation, Ref: "GET /"}}
	page := []draft.Cite{{Kind: draft.Page, Ref: "/"}}
	for name, tt := range map[string]struct {
		source string
		cites  []draft.Cite
		covers []string
		state  accept.State
		check  accept.CheckName
		reason string
	}{
		"sound":                {source("sound", "http: /a"), operation, []string{"a"}, accept.Proposed, "", ""},
		"no case":              {"id: x\nkind: api\nsteps: [{http: /, chek: 1}]", operation, []string{"a"}, accept.Rejected, accept.SchemaValid, "chek"},
		"no YAML":              {"{", operation, []string{"a"}, accept.Rejected, accept.SchemaValid, "no YAML"},
		"another host":         {source("x", "http: https://evil.test/a"), operation, []string{"a"}, accept.Rejected, accept.AllowedHosts, "evil.test"},
		"another host in JSON": {source("x", `http: {url: /, method: POST, json: {cb: "http://evil.test"}}`), operation, []string{"a"}, accept.Rejected, accept.AllowedHosts, "evil.test"},
		"a proxy":              {source("x", "http: {url: /, proxy: \"http://shop.test:1\"}"), operation, []string{"a"}, accept.Rejected, accept.AllowedHosts, "shop.test:1"},
		"a script":             {"id: x\nkind: browser\nsteps: [{goto: /}, {evaluate: alert(1)}]", operation, []string{"a"}, accept.Rejected, accept.AllowedActions, "evaluate"},
		"a load":               {"id: x\nkind: load\nsteps: [{http: /}]\nscenarios: {a: {executor: constant-vus, vus: 1, duration: 1s}}", operation, []string{"a"}, accept.Rejected, accept.SchemaValid, ""},
		"a key":                {source("x", "http: {url: /, headers: {X-Key: sk-abcdefghijklmnopqrstu}}"), operation, []string{"a"}, accept.Rejected, accept.NoSecrets, "credentials"},
		"a bearer":             {source("x", "http: {url: /, headers: {Authorization: Bearer 0123456789}}"), operation, []string{"a"}, accept.Rejected, accept.NoSecrets, "credentials"},
		"nothing cited":        {source("x", "http: /a"), nil, []string{"a"}, accept.Rejected, accept.CitesSource, "stands on nothing"},
		"cited falsely":        {source("x", "http: /a"), []draft.Cite{{Kind: draft.Operation, Ref: "GET /other"}}, []string{"a"}, accept.Rejected, accept.CitesSource, "GET /other"},
		"quoted falsely":       {source("x", "http: /a"), []draft.Cite{{Kind: draft.Operation, Ref: "GET /", Quote: "made up"}}, []string{"a"}, accept.Rejected, accept.CitesSource, "in these words"},
		"a file that is not":   {source("x", "http: /a\n    check: [{schema: \"file://no.json\"}]"), operation, []string{"a"}, accept.Rejected, accept.ReferencesResolve, "no.json"},
		"an unknown variable":  {source("x", `http: "/${{ nobody }}"`), operation, []string{"a"}, accept.Rejected, accept.SchemaValid, "nobody"},
		"as in the plan":       {source("x", "{name: Other words, http: /there}"), operation, []string{"a"}, accept.Rejected, accept.NotADuplicate, "existing"},
		"an id of the plan":    {source("existing", "http: /a"), operation, []string{"a"}, accept.Rejected, accept.NotADuplicate, "id existing"},
		"nothing new":          {source("x", "http: /a"), operation, nil, accept.Rejected, accept.AddsCoverage, "nothing"},
		"no export":            {source("unreadable", "http: /a"), operation, []string{"a"}, accept.Rejected, accept.ExportCompiles, "unexpected }"},
		"fails":                {source("fails", "http: /a"), operation, []string{"a"}, accept.SuspectedDefect, accept.DryRun, "but is 500"},
		"fails, and was seen":  {source("fails", "http: /a"), page, []string{"a"}, accept.Rejected, accept.DryRun, "but is 500"},
		"flaky":                {source("flaky", "http: /a"), operation, []string{"a"}, accept.Rejected, accept.Steady, "run 4 failed"},
		"notices nothing":      {source("blind", "http: /a"), operation, []string{"a"}, accept.Rejected, accept.NoticesFaults, "whatever the target answers"},
		"notices one":          {source("one-eyed", "http: /a"), operation, []string{"a"}, accept.Proposed, accept.NoticesFaults, "empty_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there, err := spec.Parse([]byte("version: \"1\"\nname: p\ncases:\n  - {id: existing, kind: api, steps: [{http: /there}]}\n"))
			if err != nil {
				t.Fatal(err)
			}
			f := accept.Filter{
				Frame: draft.Frame{Name: "p", BaseURL: "http://shop.test"}, Cites: append(operation, page...), Universe: []string{"a", "b"},
				Existing: there.Cases, Performer: &performer{runs: map[string]int{}},
				Export: func(p *spec.Plan) (string, error) {
					if p.Cases[0].ID == "unreadable" {
						return "", fmt.Errorf("unexpected }")
					}
					return "", nil
				},
			}
			got, coverage := f.Judge(t.Context(), []draft.Case{{Source: tt.source, Cites: tt.cites, Covers: tt.covers}})
			if len(got) != 1 || got[0].State != tt.state {
				t.Fatalf("%+v, want %s", got, tt.state)
			}
			if covered := coverage == 0.5; covered != (tt.state == accept.Proposed) {
				t.Errorf("it covers %v", coverage)
			}
			for _, c := range got[0].Checks {
				if c.Name == tt.check && !strings.Contains(c.Reason, tt.reason) {
					t.Errorf("%s: %q does not say %q", c.Name, c.Reason, tt.reason)
				}
				if c.Outcome == accept.Failed && c.Name != tt.check && (tt.check != accept.DryRun || c.Name != accept.Steady) && c.Name != accept.AllowedActions {
					t.Errorf("%s failed too: %s", c.Name, c.Reason)
				}
			}
		})
	}
}

func TestConfidenceIsOfWhatWasChecked(t *testing.T) {
	t.Parallel()
	cite := []draft.Cite{{Kind: draft.Operation, Ref: "GET /"}}
	judge := func(p accept.Performer, id string) float64 {
		f := accept.Filter{Frame: draft.Frame{Name: "p"}, Cites: cite, Performer: p}
		got, _ := f.Judge(t.Context(), []draft.Case{{Source: source(id, "http: /a"), Cites: cite, Covers: []string{"a"}}})
		return got[0].Confidence
	}
	read, tried := judge(nil, "sound"), judge(&performer{runs: map[string]int{}}, "sound")
	blinder := judge(&performer{runs: map[string]int{}}, "one-eyed")
	if math.Abs(read-8.0/12) > 1e-9 || math.Abs(tried-11.0/12) > 1e-9 || math.Abs(blinder-(10+1.0/3)/12) > 1e-9 {
		t.Errorf("only read %v, tried %v, tried and blinder %v", read, tried, blinder)
	}
}

func TestEnoughIsEnough(t *testing.T) {
	t.Parallel()
	cite := []draft.Cite{{Kind: draft.Operation, Ref: "GET /"}}
	var cases []draft.Case
	for i, covers := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		cases = append(cases, draft.Case{Source: source(fmt.Sprintf("c%d", i), fmt.Sprintf("http: /%d", i)), Cites: cite, Covers: strings.Split(covers, "")})
	}
	count := func(most int, coverage float64) int {
		f := accept.Filter{Frame: draft.Frame{Name: "p"}, Cites: cite, Universe: strings.Split("abcdefgh", ""), MaxCases: most, Coverage: coverage,
			Performer: &performer{runs: map[string]int{}}}
		got, _ := f.Judge(t.Context(), cases)
		return len(got)
	}
	if diff := cmp.Diff([]int{8, 4, 6}, []int{count(0, 0), count(4, 1), count(20, 0.7)}); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasNotReachedSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cite := []draft.Cite{{Kind: draft.Operation, Ref: "GET /"}}
	f := accept.Filter{Frame: draft.Frame{Name: "p"}, Cites: cite, Performer: &performer{runs: map[string]int{}}}
	got, _ := f.Judge(ctx, []draft.Case{{Source: source("sound", "http: /a"), Cites: cite, Covers: []string{"a"}}})
	for _, c := range got[0].Checks {
		if c.Name == accept.DryRun && (c.Outcome != accept.Skipped || c.Reason != "the time was up") {
			t.Errorf("%+v", c)
		}
	}
}
