package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
