package assessments

import (
	"context"
	"fmt"
	"strings"

	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/store"
)

// Gate is the plan's limit on what a model judges. It fails only where the judge is
// calibrated on labels of people.
type Gate struct {
	Expected float64  `json:"expected"`
	Actual   *float64 `json:"actual"`
	Applied  bool     `json:"applied"`
	Passed   bool     `json:"passed"`
	Reason   string   `json:"reason"` // why it was not applied
}

// gate judges the plan's gate on a judgement.
func (s *Service) gate(ctx context.Context, tx *store.Tx, projectID string, made *judge.Judgement, least float64) (Gate, error) {
	g := Gate{Expected: least, Actual: made.Score, Passed: true}
	if made.Status != rules.Assessed || made.Score == nil {
		g.Reason = "not applied: there is no score to rely on: " + made.Reason
		return g, nil
	}
	versions := map[rules.Criterion]string{}
	for _, r := range made.Panel.Rubrics {
		versions[r.Criterion] = r.Version
	}
	var open []string
	for _, c := range made.Criteria {
		if c.Score == nil || c.Weight == 0 {
			continue
		}
		found, err := s.calibration(ctx, tx.AssessmentLabel, projectID, c.Criterion, made.Panel.Model, versions[c.Criterion])
		if err != nil {
			return g, err
		}
		if !found.Calibrated {
			open = append(open, fmt.Sprintf("%s (%s)", strings.ToLower(string(c.Criterion)), found.Reason))
		}
	}
	if len(open) > 0 {
		g.Reason = fmt.Sprintf("not applied: the judge %s is not calibrated for %s", made.Panel.Model, strings.Join(open, " and "))
		return g, nil
	}
	g.Applied, g.Passed = true, *made.Score >= least
	return g, nil
}
