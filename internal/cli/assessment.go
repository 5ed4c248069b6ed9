package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/semantest/semantest/internal/assessments/quality"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/cli/client"
)

// assess has a run assessed. That it could not be is no fault of the run: the
// person is told.
func assess(ctx context.Context, cl *client.Client, runID string, show *progress) {
	if err := cl.AssessRun(ctx, runID); err != nil {
		show.print("  " + printable("the run was not assessed: "+err.Error()))
	}
}

// assessmentOf is the judgement on a run; nil where there is none.
func assessmentOf(r *client.Run) (*rules.Assessment, error) {
	return readAssessment(r.Assessment)
}

func readAssessment(raw json.RawMessage) (*rules.Assessment, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var a rules.Assessment
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("read the assessment: %w", err)
	}
	if a.Status == rules.Pending {
		return nil, nil
	}
	for _, c := range a.Criteria {
		switch c.Criterion {
		case rules.UI:
			a.Weights.UI = c.Weight
		case rules.Performance:
			a.Weights.Performance = c.Weight
		case rules.Accessibility:
			a.Weights.Accessibility = c.Weight
		case rules.Functionality:
			a.Weights.Functionality = c.Weight
		}
	}
	return &a, nil
}

// quality shows the judgement on a run.
func (p *progress) quality(r *client.Run) {
	a, err := assessmentOf(r)
	if err != nil {
		p.print("  " + printable(err.Error()))
		return
	}
	if a != nil {
		p.assessed(*a)
	}
}

// failuresOf are the failures of a run by kind.
func failuresOf(r *client.Run) []quality.Failure {
	var out []quality.Failure
	for _, g := range r.FailureClusters {
		c := g.Cluster
		out = append(out, quality.Failure{ID: c.ID, Title: c.Title, Operation: c.Operation, Cause: c.Cause, Why: c.Why, Quote: c.Quote,
			Count: g.Count, Cases: g.Cases, CaseCount: g.CaseCount, New: g.New, FlakyShare: g.FlakyShare})
	}
	return out
}

// failures shows what failed, by kind.
func (p *progress) failures(r *client.Run) {
	var b bytes.Buffer
	_ = quality.WriteTextFailures(&b, failuresOf(r)) // a buffer takes everything
	if b.Len() > 0 {
		p.print("\n" + strings.TrimRight(b.String(), "\n"))
	}
}

// rounded writes a number of a gate with four decimals at most.
func rounded(x float64) string { return strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64) }

func (p *progress) assessed(a rules.Assessment) {
	colours := map[rules.Band]string{rules.Good: green, rules.Average: yellow, rules.Poor: red}
	var b bytes.Buffer
	_ = quality.WriteText(&b, a, func(band rules.Band, text string) string { // a buffer takes everything
		if colour, ok := colours[band]; ok {
			return p.paint(colour, text)
		}
		return text
	})
	p.print("\n" + strings.TrimRight(b.String(), "\n"))
}
