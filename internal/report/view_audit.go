package report

import (
	"fmt"
	"slices"
	"strings"
)

// maxElements bounds the elements of a rule that are shown.
const maxElements = 10

// auditView is what an accessibility audit has found.
type auditView struct {
	About      string
	Violations []violationView
	Unsure     []unsureView
}

// violationView is a rule that elements break.
type violationView struct {
	Rule, Help, HelpURL, Impact, Criteria string
	Fails                                 bool
	Count                                 int
	More                                  int // that are not shown
	Elements                              []elementView
}

type elementView struct {
	Selector, HTML, Why string
	New                 bool
	Picture             *fileView
}

// unsureView is a rule that only a person can judge.
type unsureView struct {
	Rule, Help string
	Count      int
}

// auditOf shows the findings that a step's detail tells of, with the pictures of
// the elements, and returns the other files of the step. It returns nil where
// the detail tells of none.
func auditOf(detail map[string]any, files []Artifact, b *budget) (*auditView, []Artifact) {
	told, ok := detail["accessibility"].(map[string]any)
	if !ok {
		return nil, files
	}
	v := &auditView{About: oneLine(textOf(told["engine"]), lineMax)}
	if n, ok := number(told["passes"]); ok {
		v.About += ", " + plural(int(n), "rule passed", "rules passed")
	}
	used := map[string]bool{}
	for _, r := range listOf(told["violations"]) {
		v.Violations = append(v.Violations, violationOf(r, files, used, b))
	}
	for _, r := range listOf(told["incomplete"]) {
		n, _ := number(r["count"])
		v.Unsure = append(v.Unsure, unsureView{oneLine(textOf(r["rule"]), lineMax), oneLine(textOf(r["help"]), lineMax), int(n)})
	}
	rest := slices.DeleteFunc(slices.Clone(files), func(f Artifact) bool { return used[f.Name] })
	return v, rest
}

func violationOf(r map[string]any, files []Artifact, used map[string]bool, b *budget) violationView {
	n, _ := number(r["count"])
	fails, _ := r["fails"].(bool)
	v := violationView{Rule: oneLine(textOf(r["rule"]), lineMax), Help: oneLine(textOf(r["help"]), lineMax), HelpURL: webAddress(textOf(r["helpUrl"])),
		Impact: oneLine(textOf(r["impact"]), 40), Fails: fails, Count: int(n), Criteria: oneLine(strings.Join(textsOf(r["wcag"]), ", "), lineMax)}
	for _, e := range listOf(r["elements"]) {
		if len(v.Elements) == maxElements {
			break
		}
		shown := elementView{Selector: oneLine(textOf(e["selector"]), lineMax), HTML: b.text(textOf(e["html"])), Why: clip(textOf(e["why"]), valueMax)}
		shown.New, _ = e["new"].(bool)
		name := textOf(e["picture"])
		if i := slices.IndexFunc(files, func(f Artifact) bool { return name != "" && f.Name == name && imageType(f.Body) != "" }); i >= 0 {
			if picture := fileOf(files[i], b); picture.Image != "" {
				shown.Picture, used[name] = &picture, true
			}
		}
		v.Elements = append(v.Elements, shown)
	}
	v.More = max(0, v.Count-len(v.Elements))
	return v
}

// listOf reads a list of mappings as a run in this process and one from JSON
// have it.
func listOf(v any) []map[string]any {
	var out []map[string]any
	switch list := v.(type) {
	case []map[string]any:
		return list
	case []any:
		for _, e := range list {
			if m, ok := e.(map[string]any); ok {
				out = append(out, m)
			}
		}
	}
	return out
}

// textsOf does the same for texts.
func textsOf(v any) []string {
	var out []string
	switch list := v.(type) {
	case []string:
		return list
	case []any:
		for _, e := range list {
			out = append(out, fmt.Sprint(e))
		}
	}
	return out
}
