package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/semantest/semantest/internal/report"
	"github.com/semantest/semantest/internal/spec"
)

func TestJUnitOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		outcome spec.Outcome
		want    string // the element in the testcase, "" for none
	}{
		{spec.OutcomePassed, ""},
		{spec.OutcomeFlaky, ""},
		{spec.OutcomeFailed, "failure"},
		{spec.OutcomeTimedOut, "failure"},
		{spec.OutcomeErrored, "error"},
		{spec.OutcomeCancelled, "error"},
		{spec.OutcomeSkipped, "skipped"},
		{"", "error"},
		{"unheard_of", "error"},
	}
	for _, tt := range tests {
		t.Run(string(tt.outcome), func(t *testing.T) {
			t.Parallel()
			out := written(t, report.WriteJUnit, report.Run{Plan: "P", Results: []report.Result{{CaseID: "a", Kind: spec.KindAPI, Outcome: tt.outcome}}})
			if err := checkJUnit(out); err != nil {
				t.Fatal(err)
			}
			for _, element := range []string{"failure", "error", "skipped"} {
				if got := bytes.Contains(out, []byte("<"+element)); got != (element == tt.want) {
					t.Errorf("<%s> is there: %v\n%s", element, got, out)
				}
			}
		})
	}
}

func TestJUnitIsLegal(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]report.Run{
		"sample": sampleRun(), "empty": {}, "hostile": hostileRun("]]>\x00\x1b[31m\xff\uFFFE<failure/>&\u202e\"'"),
	} {
		if err := checkJUnit(written(t, report.WriteJUnit, run)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJUnitNamesAreUnique(t *testing.T) {
	t.Parallel()
	out := string(written(t, report.WriteJUnit, report.Run{Plan: "Shop 2.0", Results: []report.Result{
		{CaseID: "a", Name: "Pays", Kind: spec.KindAPI, Outcome: spec.OutcomePassed},
		{CaseID: "b", Name: "Pays", Kind: spec.KindAPI, Outcome: spec.OutcomePassed},
		{CaseID: "c", Name: "Pays", Kind: spec.KindBrowser, Outcome: spec.OutcomePassed},
	}}))
	for _, want := range []string{
		`name="Pays (a)" classname="Shop 2_0.api"`, `name="Pays (b)" classname="Shop 2_0.api"`, `name="Pays" classname="Shop 2_0.browser"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %s:\n%s", want, out)
		}
	}
}

func TestJUnitAttachmentsStandOnLinesOfTheirOwn(t *testing.T) {
	t.Parallel()
	run := sampleRun()
	run.Results[1].Attempts[1].Artifacts[0].Path = "a\nb.png"
	out := string(written(t, report.WriteJUnit, run))
	for _, want := range []string{"\n[[ATTACHMENT|a b.png]]\n", "\n[[ATTACHMENT|artifacts/ui.checkout/2/console.log]]\n"} {
		if !strings.Contains(strings.ReplaceAll(out, "&#xA;", "\n"), want) {
			t.Errorf("lacks %q", want)
		}
	}
}

func FuzzJUnit(f *testing.F) {
	f.Add("plain")
	f.Add("]]>\x00\x1b[31mred\x1b[0m\xff\uFFFF")
	f.Fuzz(func(t *testing.T, s string) {
		if err := checkJUnit(written(t, report.WriteJUnit, hostileRun(s))); err != nil {
			t.Error(err)
		}
	})
}

// junitGrammar is what the servers' schemas have in common: each element's
// required and optional attributes, and the children that it may have.
var junitGrammar = map[string]struct{ required, optional, children []string }{
	"testsuites": {[]string{"name", "tests", "failures", "errors", "skipped", "time"}, []string{"timestamp"}, []string{"testsuite"}},
	"testsuite":  {[]string{"name", "tests", "failures", "errors", "skipped", "time"}, []string{"timestamp"}, []string{"properties", "testcase"}},
	"testcase":   {[]string{"name", "classname", "time"}, nil, []string{"properties", "failure", "error", "skipped", "system-out"}},
	"properties": {nil, nil, []string{"property"}},
	"property":   {[]string{"name", "value"}, nil, nil},
	"failure":    {[]string{"message", "type"}, nil, nil},
	"error":      {[]string{"message", "type"}, nil, nil},
	"skipped":    {nil, []string{"message"}, nil},
	"system-out": {nil, nil, nil},
}

var (
	junitSeconds = regexp.MustCompile(`^\d+\.\d{3}$`)
	junitStamp   = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$`)
)

// checkJUnit parses a report anew and holds it against the grammar, and the
// counts against what is counted.
func checkJUnit(doc []byte) error {
	if !utf8.Valid(doc) {
		return errors.New("not UTF-8")
	}
	dec := xml.NewDecoder(bytes.NewReader(doc))
	type open struct {
		name   string
		counts map[string]int // as the attributes say
		seen   map[string]int
	}
	var stack []open
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w in\n%s", err, doc)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			name := tok.Name.Local
			rule, known := junitGrammar[name]
			if !known {
				return fmt.Errorf("unknown element %s", name)
			}
			if len(stack) == 0 && name != "testsuites" {
				return fmt.Errorf("the root is %s", name)
			}
			if len(stack) > 0 && !slices.Contains(junitGrammar[stack[len(stack)-1].name].children, name) {
				return fmt.Errorf("%s in %s", name, stack[len(stack)-1].name)
			}
			counts := map[string]int{}
			missing := slices.Clone(rule.required)
			for _, a := range tok.Attr {
				if !slices.Contains(rule.required, a.Name.Local) && !slices.Contains(rule.optional, a.Name.Local) {
					return fmt.Errorf("attribute %s of %s", a.Name.Local, name)
				}
				missing = slices.DeleteFunc(missing, func(s string) bool { return s == a.Name.Local })
				switch a.Name.Local {
				case "time":
					if !junitSeconds.MatchString(a.Value) {
						return fmt.Errorf("time %q", a.Value)
					}
				case "timestamp":
					if !junitStamp.MatchString(a.Value) {
						return fmt.Errorf("timestamp %q", a.Value)
					}
				case "tests", "failures", "errors", "skipped":
					n, err := strconv.Atoi(a.Value)
					if err != nil {
						return err
					}
					counts[a.Name.Local] = n
				}
			}
			if len(missing) > 0 {
				return fmt.Errorf("%s lacks %v", name, missing)
			}
			for _, o := range stack {
				switch name {
				case "testcase":
					o.seen["tests"]++
				case "failure":
					o.seen["failures"]++
				case "error":
					o.seen["errors"]++
				case "skipped":
					o.seen["skipped"]++
				}
			}
			stack = append(stack, open{name, counts, map[string]int{}})
		case xml.EndElement:
			last := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for what, n := range last.counts {
				if last.seen[what] != n {
					return fmt.Errorf("%s says %d %s and has %d", last.name, n, what, last.seen[what])
				}
			}
		}
	}
	return nil
}
