package judge_test

import (
	"strings"
	"testing"

	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
)

const rubric = `---
criterion: ui
version: "7"
reference: [A fact.]
items:
  - {id: one, question: "Is it?", fault: It is not, advice: Mend it}
  - {id: two, question: "Is it too?", fault: It is not either, advice: Mend it too, weight: 2, seen: true}
---

Judge *well*.
`

func TestRubrics(t *testing.T) {
	t.Parallel()
	r, err := judge.ParseRubric([]byte(strings.ReplaceAll(rubric, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if r.Criterion != rules.UI || r.Version != "7" || len(r.Items) != 2 || r.Items[0].Weight != 1 || !r.Items[1].Seen || r.Guide != "Judge *well*." {
		t.Errorf("the rubric is %+v", r)
	}
	for name, tt := range map[string]struct{ from, to, want string }{
		"no front matter":      {"---\ncriterion", "criterion", "begins with a front matter"},
		"an open one":          {"---\n\nJudge", "Judge", "begins with a front matter"},
		"no YAML":              {"version:", "version: [", "understand the front matter"},
		"an unknown key":       {"version:", "vresion:", "vresion"},
		"an unknown criterion": {"criterion: ui", "criterion: beauty", "not \"beauty\""},
		"no version":           {`version: "7"`, `version: ""`, "the version of a rubric"},
		"a bad id":             {"id: one", "id: One", "the id of an item"},
		"two of one id":        {"id: two", "id: one", "two items"},
		"no question":          {`"Is it?"`, `""`, "the question of the item one"},
		"a long fault":         {"It is not either", strings.Repeat("n", 501), "the fault of the item two"},
		"a weight of nothing":  {"weight: 2", "weight: -2", "the weight of the item two"},
		"a weight of too much": {"weight: 2", "weight: .inf", "the weight of the item two"},
		"an empty fact":        {"[A fact.]", `[""]`, "a reference fact"},
		"too long":             {"Judge", strings.Repeat("Judge ", 10_000), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(rubric, tt.from, tt.to, 1)
			if changed == rubric {
				t.Fatal("nothing was changed")
			}
			if _, err := judge.ParseRubric([]byte(changed)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestNamesOfInstructions(t *testing.T) {
	t.Parallel()
	for _, c := range rules.Criteria() {
		r := judge.BuiltIn(c)
		if want := "judge@2 " + strings.ToLower(string(c)) + "@1"; r.PromptVersion() != want {
			t.Errorf("the built-in one is called %q, want %q", r.PromptVersion(), want)
		}
		own := r
		own.Guide += " Be strict."
		if own.PromptVersion() == r.PromptVersion() {
			t.Errorf("two rubrics that differ have the name %q", r.PromptVersion())
		}
	}
}

func FuzzParseRubric(f *testing.F) {
	f.Add([]byte(rubric))
	f.Add([]byte("---\n---\n"))
	f.Add([]byte("---\nitems: [{}]\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := judge.ParseRubric(data)
		if err != nil {
			return
		}
		for _, i := range r.Items {
			if i.ID == "" || !(i.Weight > 0) {
				t.Errorf("an item %+v", i)
			}
		}
	})
}
