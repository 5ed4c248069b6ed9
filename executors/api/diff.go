package api

import (
	"encoding/json"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

// Bounds of what is compared line by line, and of what is shown of it.
const (
	maxDiffed     = 64 << 10
	maxDiffLines  = 2000
	maxDiff       = 16 << 10
	maxDiffs      = 20 // of one step
	leastDiffText = 60 // characters of one line that need no diff
)

// addDiff puts a unified diff into the detail of the step, for a check whose
// values are too long to be read beside one another.
func (a *attempt) addDiff(of string, c spec.Check, judged []executors.Check, in *response, r *executors.Report) {
	for _, j := range judged {
		if j.Passed || !strings.Contains(j.Name, "equals ") {
			continue
		}
		if want, got, ok := compared(c, in); ok {
			a.setDiff(of+j.Name, want, got, r)
		}
		return
	}
}

// compared returns the two values that an equals compares.
func compared(c spec.Check, in *response) (want, got any, ok bool) {
	if c.Body != nil {
		if c.Body.Equals == nil {
			return nil, nil, false
		}
		return c.Body.Equals.V, string(in.body), true
	}
	if c.Equals == nil {
		return nil, nil, false
	}
	switch {
	case c.JSONPath != "":
		found, err := in.find(c.JSONPath)
		if err != nil || len(found.nodes) == 0 {
			return nil, nil, false
		}
		if len(found.nodes) > 1 {
			return c.Equals.V, found.nodes, true
		}
		return c.Equals.V, found.nodes[0], true
	case c.XPath != "":
		value, found, err := in.findXPath(c.XPath)
		return c.Equals.V, value, err == nil && found > 0
	case c.Regex != "":
		value, err := takeRegex(c.Regex, in.body)
		return c.Equals.V, value, err == nil
	}
	return nil, nil, false
}

// setDiff adds one diff, of values without secrets.
func (a *attempt) setDiff(name string, want, got any, r *executors.Report) {
	mask := masker{scope: a.task.Scope}
	text := unified(a.comparable(mask.value(want)), a.comparable(mask.value(got)))
	diffs, _ := r.Detail["diffs"].([]any)
	if text == "" || len(diffs) >= maxDiffs {
		return
	}
	r.Set("diffs", append(diffs, map[string]any{"check": name, "diff": text}))
}

// comparable is a value as lines: JSON indented, text as it is.
func (a *attempt) comparable(v any) string {
	if text, ok := v.(string); ok {
		return text[:min(len(text), maxDiffed)]
	}
	return normalJSON(v)
}

// unified compares two texts; "" where one glance tells the difference.
func unified(want, got string) string {
	if !strings.Contains(want+got, "\n") && len(want) < leastDiffText && len(got) < leastDiffText {
		return ""
	}
	lines := func(text string) []string {
		all := difflib.SplitLines(text)
		return all[:min(len(all), maxDiffLines)]
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(want), B: lines(got), FromFile: "expected", ToFile: "actual", Context: 3,
	})
	if err != nil {
		return ""
	}
	return excerpt.Of(text, maxDiff)
}

// jsonText is a scalar as JSON writes it.
func jsonText(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(data)
}
