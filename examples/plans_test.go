package examples_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/semantest/semantest/examples"
	"github.com/semantest/semantest/internal/spec"
)

// documented is shop-faulty.expected.yaml.
type documented struct {
	Plan   string   `yaml:"plan"`
	Failed []failed `yaml:"failed"`
	Passed []string `yaml:"passed"`
}

type failed struct {
	Case    string       `yaml:"case"`
	Fault   string       `yaml:"fault"`
	Outcome spec.Outcome `yaml:"outcome"`
	Step    int          `yaml:"step"`
	Action  string       `yaml:"action"`
	Checks  []check      `yaml:"checks"`
	Error   string       `yaml:"error"`
}

type check struct {
	Name     string `yaml:"name"`
	Expected string `yaml:"expected"`
	Actual   string `yaml:"actual"`
}

func TestEveryPlanParsesAndFindsItsFiles(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(examples.Files, "*.plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"dashboard.plan.yaml", "first.plan.yaml", "shop-faulty.plan.yaml", "shop.plan.yaml"}; !cmp.Equal(names, want) {
		t.Errorf("plans %v, want %v", names, want)
	}
	for _, name := range names {
		p := parse(t, name)
		for _, file := range p.Files() {
			data, err := fs.ReadFile(examples.Files, file)
			if err != nil {
				t.Errorf("%s names %s: %v", name, file, err)
				continue
			}
			if path.Ext(file) != ".json" {
				continue
			}
			var doc any
			if err := yaml.Unmarshal(data, &doc); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if _, err := spec.CompileSchema(doc); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func TestEverySchemaIsUsed(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(examples.Files, "schemas/*")
	if err != nil {
		t.Fatal(err)
	}
	used := parse(t, "shop.plan.yaml").Files()
	for _, file := range files {
		if !slices.Contains(used, file) {
			t.Errorf("no case of shop.plan.yaml uses %s", file)
		}
	}
}

func TestFirstPlanIsShort(t *testing.T) {
	t.Parallel()
	if n := strings.Count(string(read(t, "first.plan.yaml")), "\n"); n > 16 {
		t.Errorf("the starter plan has %d lines", n)
	}
}

func TestDocumentedFailuresNameTheCasesOfThePlan(t *testing.T) {
	t.Parallel()
	doc := readDocumented(t)
	p := parse(t, doc.Plan)
	var inPlan, named []string
	steps := map[string]int{}
	for _, c := range p.Cases {
		inPlan = append(inPlan, c.ID)
		steps[c.ID] = max(1, c.StepCount()) // the steps of a contract come from its document
		if control := slices.Contains(c.Tags, "control"); control != slices.Contains(doc.Passed, c.ID) {
			t.Errorf("%s: tagged control is %t, documented as passed is %t", c.ID, control, !control)
		}
	}
	named = append(named, doc.Passed...)
	for _, f := range doc.Failed {
		named = append(named, f.Case)
		if f.Step < 0 || f.Step >= steps[f.Case] {
			t.Errorf("%s has no step %d", f.Case, f.Step)
		}
		if f.Outcome.Good() || f.Fault == "" || (len(f.Checks) == 0 && f.Error == "") {
			t.Errorf("%s does not say why it fails", f.Case)
		}
	}
	slices.Sort(inPlan)
	slices.Sort(named)
	if diff := cmp.Diff(inPlan, named); diff != "" {
		t.Errorf("cases of the plan (-) and documented ones (+):\n%s", diff)
	}
}

var isNumber = regexp.MustCompile(`^\d+$`)

// The comment at the top of the plan is what people read: it must name the
// same cases and steps as the file that machines read.
func TestTheCommentAgreesWithTheDocumentedFailures(t *testing.T) {
	t.Parallel()
	doc := readDocumented(t)
	header, _, _ := strings.Cut(string(read(t, doc.Plan)), "version:")
	rows := map[string]string{}
	for line := range strings.Lines(header) {
		if words := strings.Fields(strings.TrimPrefix(line, "#")); len(words) > 2 && isNumber.MatchString(words[1]) {
			rows[words[0]] = words[1]
		}
	}
	want := map[string]string{}
	for _, f := range doc.Failed {
		want[f.Case] = strconv.Itoa(f.Step + 1)
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
}

func parse(t *testing.T, name string) *spec.Plan {
	t.Helper()
	p, err := spec.Parse(read(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := fs.ReadFile(examples.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readDocumented(t *testing.T) documented {
	t.Helper()
	var doc documented
	dec := yaml.NewDecoder(strings.NewReader(string(read(t, "shop-faulty.expected.yaml"))))
	dec.KnownFields(true)
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}
