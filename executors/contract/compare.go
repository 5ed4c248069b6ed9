package contract

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
)

const (
	maxCompared = 2 << 20 // bytes of each of two documents that are compared
	maxChanges  = 200     // that a step shows
)

// change is a difference that a caller may notice.
type change struct {
	id, operation, text string
	breaking            bool // otherwise it may break somebody
}

// compare lists the changes from one document to another that break callers or
// may break them.
func compare(before, after []byte) (changes []change, err error) {
	defer func() {
		if p := recover(); p != nil { // the library trusts documents more than we do
			err = fmt.Errorf("they cannot be compared: %v", p)
		}
	}()
	old, err := readModel(before)
	if err != nil {
		return nil, fmt.Errorf("the older document: %w", err)
	}
	current, err := readModel(after)
	if err != nil {
		return nil, fmt.Errorf("the newer document: %w", err)
	}
	found, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), old, current)
	if err != nil {
		return nil, fmt.Errorf("they cannot be compared: %s", excerpt.Of(oneLine(err.Error()), 300))
	}
	if found == nil || found.Empty() {
		return nil, nil
	}
	all := checker.CheckBackwardCompatibilityUntilLevel(checker.NewConfig(checker.GetAllChecks()), found, sources, checker.WARN)
	words := checker.NewDefaultLocalizer()
	for _, c := range all {
		changes = append(changes, change{
			id: c.GetId(), operation: c.GetOperation() + " " + c.GetPath(),
			text: excerpt.Of(oneLine(c.GetUncolorizedText(words)), 400), breaking: c.GetLevel() == checker.ERR,
		})
	}
	slices.SortStableFunc(changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.operation, b.operation), cmp.Compare(a.id, b.id), cmp.Compare(a.text, b.text))
	})
	return slices.Compact(changes), nil
}

// readModel reads a document within our bounds, and only then for the library.
func readModel(data []byte) (*load.SpecInfo, error) {
	if len(data) > maxCompared {
		return nil, fmt.Errorf("it has more than %d MiB", maxCompared>>20)
	}
	tree, err := readTree(data)
	if err != nil {
		return nil, err
	}
	if asObject(tree)["openapi"] == nil {
		return nil, fmt.Errorf("it is no OpenAPI document: it has no key openapi at the top")
	}
	if ref := foreignRef(tree); ref != "" {
		return nil, fmt.Errorf("it refers to %s; only references within the document (#/…) are followed", excerpt.Of(ref, 200))
	}
	if err := expandable(tree); err != nil {
		return nil, err
	}
	plain, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(plain)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %s", excerpt.Of(oneLine(err.Error()), 300))
	}
	return &load.SpecInfo{Url: "document", Spec: doc}, nil
}

// changes is the step that compares the document with an older one.
func (r *run) changes(before []byte) executors.Step {
	return r.changesStep(func() ([]change, error) { return compare(before, r.doc.source) })
}

func (r *run) changesStep(find func() ([]change, error)) executors.Step {
	return executors.Step{Name: "changes since " + r.settings.Against, Action: "compare", Do: func(_ context.Context, report *executors.Report) error {
		found, err := find()
		if err != nil {
			return executors.Errorf("the documents were not compared: %w", err)
		}
		var shown []any
		for _, c := range found[:min(len(found), maxChanges)] {
			level := "warning"
			if c.breaking {
				level = "error"
			}
			shown = append(shown, map[string]any{"id": c.id, "operation": c.operation, "text": c.text, "level": level})
			if c.breaking || r.settings.Severity == "warning" {
				report.Check(executors.Check{Name: "no breaking change: " + c.id, Expected: "callers of the older document are served",
					Actual: c.operation + ": " + c.text, Message: fmt.Sprintf("%s of %s: %s", c.id, c.operation, c.text)})
			}
		}
		if !report.Failed() {
			report.Check(executors.Check{Name: "no breaking change", Passed: true, Expected: "callers of the older document are served", Actual: "they are"})
		}
		report.Set("changes", shown)
		report.Set("count", len(found))
		return nil
	}}
}
