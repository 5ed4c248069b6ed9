package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"

	"github.com/theory/jsonpath"
	jp "github.com/theory/jsonpath/spec"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/spec"
)

// ignored stands in both documents for what is not compared.
const ignored = "(not compared)"

// snapshot compares the body with a file of the plan.
func (a *attempt) snapshot(s spec.Snapshot, in *response) []executors.Check {
	name := "snapshot " + path.Base(s.File)
	data, err := readFile(a.task.Files, s.File, maxBodyBytes)
	if err != nil {
		return []executors.Check{failedCheck(name, "what was kept", "not checked", err.Error())}
	}
	file, err := spec.FilePath(s.File)
	if err != nil {
		return []executors.Check{failedCheck(name, "what was kept", "not checked", err.Error())}
	}
	differed := len(in.diffs)
	defer func() { in.snapshots = append(in.snapshots, snapshotted{file, len(in.diffs) == differed}) }()
	kept := &response{body: data}
	want, wantErr := kept.document()
	got, gotErr := in.document()
	if len(bytes.TrimSpace(data)) == 0 && len(bytes.TrimSpace(in.body)) > 0 {
		return []executors.Check{a.verdict(name, "", string(in.accepted()), false, in)} // a new one
	}
	if len(s.Ignore) == 0 && len(s.Fields) == 0 && (wantErr != nil || gotErr != nil) {
		return []executors.Check{a.verdict(name, string(data), string(in.body), bytes.Equal(data, in.body), in)}
	}
	if wantErr != nil || gotErr != nil {
		problem := fmt.Sprintf("the snapshot: %s", wantErr)
		if gotErr != nil {
			problem = gotErr.Error()
		}
		return []executors.Check{failedCheck(name, "JSON", "not checked", name+" cannot be compared: "+problem)}
	}
	var checks []executors.Check
	hide := s.Ignore
	for _, expression := range sorted(s.Fields) {
		checks = append(checks, a.jsonpath(expression, s.Fields[expression], in)...)
		hide = append(hide[:len(hide):len(hide)], expression)
	}
	want, got = copyJSON(want), copyJSON(got)
	for _, expression := range hide {
		parsed, err := jsonpath.Parse(expression)
		if err == nil {
			err = blank(parsed, &want, kept)
		}
		if err == nil {
			err = blank(parsed, &got, in)
		}
		if err != nil {
			return append(checks, failedCheck(name, "an expression", "not checked", fmt.Sprintf("%s of %s: %s", expression, name, cause(err))))
		}
	}
	same := spec.Matcher{Equals: &spec.Value{V: want}}.Evaluate(spec.JSONActual(got))[0].Passed
	return append(checks, a.verdict(name, normalJSON(want), normalJSON(got), same, in))
}

// snapshotted says of a file that the body was compared with whether it was the
// same.
type snapshotted struct {
	file string
	same bool
}

// verdict judges a snapshot; the difference goes into the detail of the step. A
// snapshot holds no secrets, so it is compared without them where there are any.
func (a *attempt) verdict(name, want, got string, same bool, in *response) executors.Check {
	if !same {
		want, got = a.task.Scope.Mask(want), a.task.Scope.Mask(got)
		same = want == got
	}
	c := executors.Check{Name: name, Passed: same, Expected: "as it was kept", Actual: "the same"}
	if !same {
		in.diffs = append(in.diffs, named{name, unified(want+"\n", got+"\n")})
		c.Actual = "different"
		c.Message = fmt.Sprintf("the body is not as the %s has kept it; the difference is in the detail of the step, and the new body among its artifacts", name)
	}
	return c
}

// named is a diff with the check that it belongs to.
type named struct{ check, diff string }

// blank replaces what an expression finds.
func blank(expression *jsonpath.Path, doc *any, of *response) error {
	if of.shape.cost(expression) > maxCost {
		return fmt.Errorf("it is too costly for a body of this size")
	}
	for _, found := range expression.SelectLocated(*doc) {
		if len(found.Path) == 0 {
			*doc = ignored
			return nil
		}
		at := *doc
		for i, step := range found.Path {
			last := i == len(found.Path)-1
			switch step := step.(type) {
			case jp.Name:
				object, ok := at.(map[string]any)
				if !ok {
					break
				}
				if last {
					object[string(step)] = ignored
				}
				at = object[string(step)]
			case jp.Index:
				list, ok := at.([]any)
				if !ok || int(step) >= len(list) {
					break
				}
				if last {
					list[step] = ignored
				}
				at = list[step]
			}
		}
	}
	return nil
}

// copyJSON keeps the document of an answer as it is for other checks.
func copyJSON(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = copyJSON(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = copyJSON(e)
		}
		return out
	}
	return v
}

// accepted is the text of a body as a snapshot keeps it.
func (r *response) accepted() []byte {
	doc, err := r.document()
	if err != nil {
		return r.body
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return r.body
	}
	return b.Bytes()
}
