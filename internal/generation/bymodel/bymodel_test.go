package bymodel_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/semantest/semantest/internal/generation/accept"
	"github.com/semantest/semantest/internal/generation/bymodel"
	"github.com/semantest/semantest/internal/generation/draft"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/llm/llmtest"
)

const required = `
# What the shop must do
REQ-1: An order that is accepted has the state PENDING.
- [REQ-2] A product can be read by its SKU.
The front page says what is sold.
`

func TestRequirementsAreRead(t *testing.T) {
	t.Parallel()
	got, err := bymodel.Requirements(required)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]draft.Cite{
		{Kind: draft.Requirement, Ref: "REQ-1", Quote: "An order that is accepted has the state PENDING."},
		{Kind: draft.Requirement, Ref: "REQ-2", Quote: "A product can be read by its SKU."},
		{Kind: draft.Requirement, Ref: "R3", Quote: "The front page says what is sold."},
	}, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "# only a comment", "A1: x\nA1: y"} {
		if _, err := bymodel.Requirements(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func written(requirement, quote, step string) string {
	return `{"requirement": "` + requirement + `", "quote": "` + quote + `", "case": {"id": "c` + requirement + `", "name": "N", "kind": "api", "steps": [` + step + `]}}`
}

// TestWhatAModelWritesIsJudged lets a model write cases of which some are no good:
// the filter, and not the model, says which.
func TestWhatAModelWritesIsJudged(t *testing.T) {
	t.Parallel()
	server := llmtest.New(t)
	server.Answer(func(r llmtest.Request) string {
		if !strings.Contains(r.Text(), "A product can be read by its SKU.") {
			t.Errorf("the model was not told the requirements: %s", r.Text())
		}
		return `{"cases": [` + strings.Join([]string{
			written("REQ-1", "has the state PENDING", `{"http": {"url": "/orders"}, "check": [{"jsonpath": "$.state", "equals": "PENDING"}]}`),
			written("REQ-2", "A product can be bought", `{"http": {"url": "/products/TEA-01"}, "check": [{"status": 200}]}`),
			written("R3", "says what is sold", `{"http": {"url": "https://evil.test/steal"}}`),
		}, ",") + `]}`
	})
	a, err := bymodel.Make(t.Context(), llmtest.Client(t, nil, server), bymodel.Ask{Requirements: required, Target: "http://shop.test", MaxCases: 5, Project: "prj"})
	if err != nil {
		t.Fatal(err)
	}
	if a.Model == "" || a.FromCache {
		t.Errorf("%+v", a)
	}
	f := accept.Filter{Frame: a.Set.Frame, Cites: a.Set.Cites, Universe: a.Set.Universe}
	got, coverage := f.Judge(t.Context(), a.Set.Cases)
	states := map[string]string{}
	for _, v := range got {
		states[v.ID] = string(v.State) + " " + strings.Join(v.Reasons(), "; ")
	}
	if diff := cmp.Diff(map[string]string{
		"cREQ-1": "proposed ",
		"cREQ-2": "rejected it cites requirement REQ-2, which the source does not have in these words",
		"cR3":    "rejected it names https://evil.test/steal, which is not the target",
	}, states); diff != "" {
		t.Error(diff)
	}
	if coverage < 0.33 || coverage > 0.34 {
		t.Errorf("it covers %v of the requirements", coverage)
	}
}

func TestWithoutAModelItSaysSo(t *testing.T) {
	t.Parallel()
	_, err := bymodel.Make(t.Context(), nil, bymodel.Ask{Requirements: required, MaxCases: 5})
	if llm.ReasonOf(err) == "" && !strings.Contains(err.Error(), "SEMANTEST_LLM_BASE_URL") {
		t.Errorf("%v", err)
	}
	for _, how := range []llmtest.Behaviour{llmtest.ServerError, llmtest.ErrorUnder200, llmtest.NoChoices, llmtest.BadJSON, llmtest.HTML, llmtest.Length, llmtest.Refusal, llmtest.Violation, llmtest.Prose} {
		server := llmtest.New(t)
		server.Always(how)
		if a, err := bymodel.Make(t.Context(), llmtest.Client(t, nil, server), bymodel.Ask{Requirements: required, MaxCases: 5}); err == nil {
			t.Errorf("%s made %d cases", how, len(a.Set.Cases))
		}
	}
}
