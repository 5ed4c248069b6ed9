package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/semantest/semantest/executors"
	"github.com/semantest/semantest/internal/excerpt"
	"github.com/semantest/semantest/internal/spec"
)

const (
	findingsName   = "findings.json"
	baselineFormat = "semantest-findings/1"
)

// baseline is findings.json: what a case found, and what a later one may take
// as known.
type baseline struct {
	Format   string         `json:"format"`
	Findings []baselineLine `json:"findings"`
}

type baselineLine struct {
	Fingerprint string `json:"fingerprint"`
	Operation   string `json:"operation"`
	Check       string `json:"check"`
	Message     string `json:"message"`
}

func readBaseline(data []byte) (map[string]baselineLine, error) {
	var b baseline
	if err := json.Unmarshal(data, &b); err != nil || b.Format != baselineFormat {
		return nil, fmt.Errorf("it is not the findings.json of a contract case (its format would be %q); begin with {\"format\": %q, \"findings\": []}", baselineFormat, baselineFormat)
	}
	known := map[string]baselineLine{}
	for _, l := range b.Findings {
		known[l.Fingerprint] = l
	}
	return known, nil
}

// remember reads which findings are known: from the plan's file, else from what
// the run before found.
func (r *run) remember(ctx context.Context, task executors.Task) error {
	k := r.settings
	switch {
	case k.Baseline != spec.BaselineNewOnly:
		return nil
	case k.BaselineFile != "":
		r.knownBy = strings.TrimPrefix(k.BaselineFile, "file://")
		data, err := readFile(task.Files, k.BaselineFile)
		if err != nil {
			return err
		}
		if r.known, err = readBaseline(data); err != nil {
			return executors.Errorf("the baseline %s cannot be used: %w", r.knownBy, err)
		}
		return nil
	}
	err := r.before(ctx, task)
	if errors.Is(err, fs.ErrNotExist) {
		r.known, r.knownBy = map[string]baselineLine{}, "the run before"
		r.sink.Emit(executors.Log{Level: "warn", At: time.Now(), Message: "no run before this one left findings, so every finding is new"})
		return nil
	}
	if err != nil {
		return executors.Errorf("the findings of the run before cannot be read: %w", err)
	}
	return nil
}

func (r *run) before(ctx context.Context, task executors.Task) error {
	if task.Previous == nil {
		return fs.ErrNotExist
	}
	body, id, err := task.Previous.Open(ctx, findingsName)
	if err != nil {
		return err
	}
	data, err := readDocument(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	r.knownBy, r.knownRun = "the run before", id
	r.known, err = readBaseline(data)
	return err
}

// compared is the step that tells what became of the known findings.
func (r *run) compared() executors.Step {
	name := "findings since " + r.knownBy
	return executors.Step{Name: name, Action: "compare", Do: func(_ context.Context, report *executors.Report) error {
		counts := map[string]int{}
		there := map[string]bool{}
		for _, f := range r.findings {
			there[f.Fingerprint] = true
			if f.Known {
				counts["known"]++
			} else {
				counts["new"]++
			}
		}
		for _, key := range sorted(r.known) {
			l := r.known[key]
			switch {
			case there[key]:
			case r.tried(l.Operation) && r.settings.Asks(l.Check):
				counts["fixed"]++
				report.Check(executors.Check{Name: excerpt.Of(oneLine("fixed: "+l.Check+" of "+l.Operation), 300), Passed: true, Expected: "fixed",
					Actual: "not found any more", Message: excerpt.Of(oneLine(l.Message), 500)})
			default:
				counts["not tried"]++
			}
		}
		if r.knownRun != "" {
			report.Set("run", r.knownRun)
		}
		for _, what := range []string{"new", "known", "fixed", "not tried"} {
			report.Set(what, counts[what])
		}
		r.sink.Emit(executors.Log{Level: "info", At: time.Now(), Message: fmt.Sprintf("findings since %s: %d new, %d known, %d fixed", r.knownBy, counts["new"], counts["known"], counts["fixed"])})
		return nil
	}}
}

// tried reports whether an operation was asked in this attempt, or is something
// else than an operation, such as a path that nobody knows.
func (r *run) tried(title string) bool {
	op := r.doc.find(title)
	return op == nil || r.cover.ops[op] != nil
}
