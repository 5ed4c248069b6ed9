package assessments

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessmentlabel"
	"github.com/semantest/semantest/internal/assessments/calibration"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/auth"
)

// Calibration is how far a judge agrees with the people of a project.
type Calibration struct {
	Criterion            rules.Criterion
	Model, PromptVersion string
	Abstained            int // labelled items that the judge left open
	Unclear              int // items that people left open or disagree on
	calibration.Agreement
	Calibrated bool
	Reason     string // why it is not
}

// Calibration returns how far a judge agrees with the people of the caller's
// project. Without a model or a version, those of the newest label count.
func (s *Service) Calibration(ctx context.Context, c rules.Criterion, model, version string) (*Calibration, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	if model == "" || version == "" {
		q := s.store.Ent.AssessmentLabel.Query().Where(assessmentlabel.ProjectID(p.ProjectID), assessmentlabel.Criterion(string(c)), assessmentlabel.ModelNEQ(""))
		if model != "" {
			q.Where(assessmentlabel.Model(model))
		}
		if version != "" {
			q.Where(assessmentlabel.PromptVersion(version))
		}
		newest, err := q.Order(assessmentlabel.ByID(sql.OrderDesc())).First(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return nil, fmt.Errorf("read the newest label: %w", err)
		}
		if newest != nil {
			model, version = newest.Model, newest.PromptVersion
		}
	}
	return s.calibration(ctx, s.store.Ent.AssessmentLabel, p.ProjectID, c, model, version)
}

// maxCalibrated bounds the labels that are read, the newest first.
const maxCalibrated = 20_000

func (s *Service) calibration(ctx context.Context, labels *ent.AssessmentLabelClient, projectID string, c rules.Criterion, model, version string) (*Calibration, error) {
	rows, err := labels.Query().Where(assessmentlabel.ProjectID(projectID), assessmentlabel.Criterion(string(c)),
		assessmentlabel.Model(model), assessmentlabel.PromptVersion(version), assessmentlabel.ModelNEQ("")).
		Order(assessmentlabel.ByID(sql.OrderDesc())).Limit(maxCalibrated).
		Select(assessmentlabel.FieldAssessmentID, assessmentlabel.FieldItem, assessmentlabel.FieldVerdict, assessmentlabel.FieldSaid).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the labels: %w", err)
	}
	out := &Calibration{Criterion: c, Model: model, PromptVersion: version}
	out.Agreement = calibration.Of(out.pairs(rows))
	if out.Reason = s.limits.Reach(out.Agreement); out.Reason == "" {
		out.Calibrated = true
	}
	return out, nil
}

// pairs lets most people decide what is right of an item. The criterion as a whole
// is no item: it says the same once more.
func (c *Calibration) pairs(rows []*ent.AssessmentLabel) []calibration.Pair {
	type place struct{ assessment, item string }
	type opinion struct {
		pass, fail int
		said       judge.Answer
	}
	var order []place
	by := map[place]*opinion{}
	for _, row := range rows {
		if row.Item == "" {
			continue
		}
		at := place{row.AssessmentID, row.Item}
		o, known := by[at]
		if !known {
			o = &opinion{said: judge.Answer(row.Said)}
			by[at] = o
			order = append(order, at)
		}
		switch judge.Answer(row.Verdict) {
		case judge.Pass:
			o.pass++
		case judge.Fail:
			o.fail++
		}
	}
	var out []calibration.Pair
	for _, at := range order {
		switch o := by[at]; {
		case o.pass == o.fail:
			c.Unclear++
		case o.said != judge.Pass && o.said != judge.Fail:
			c.Abstained++
		default:
			out = append(out, calibration.Pair{Judge: o.said == judge.Pass, People: o.pass > o.fail})
		}
	}
	return out
}
