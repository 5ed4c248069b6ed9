package assessments

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/ent/assessmentlabel"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Label is what a person says of something that was judged.
type Label struct {
	ID, AssessmentID     string
	Criterion            rules.Criterion
	Item                 string // empty for the criterion as a whole
	Label                judge.Answer
	Said                 judge.Answer // by the judge
	Note, LabelledBy     string
	CreatedAt, UpdatedAt time.Time
}

// ToLabel is what a person wants to say.
type ToLabel struct {
	AssessmentID string
	Criterion    rules.Criterion
	Item         string
	Label        judge.Answer
	Note         string
}

const maxNote = 500 // bytes

// Label records what the caller says of an item or a criterion. Another label of
// the same person replaces it.
func (s *Service) Label(ctx context.Context, l ToLabel) (*Label, error) {
	p, err := auth.Require(ctx, auth.Write)
	if err != nil {
		return nil, err
	}
	switch {
	case l.Label != judge.Pass && l.Label != judge.Fail && l.Label != judge.Unclear:
		return nil, apperr.Invalid("label", "a label is PASS, FAIL or UNCLEAR")
	case len(l.Note) > maxNote || strings.ContainsFunc(l.Note, unicode.IsControl):
		return nil, apperr.Invalid("note", "a note is one line of at most %d bytes", maxNote)
	}
	var kept *ent.AssessmentLabel
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Assessment.Query().Where(assessment.ProjectID(p.ProjectID), assessment.ID(l.AssessmentID)).Only(ctx)
		if err != nil {
			return store.Missing(err, ident.Assessment, l.AssessmentID)
		}
		a, err := of(row)
		if err != nil {
			return err
		}
		said, err := saidOf(a, l)
		if err != nil {
			return err
		}
		if kept, err = putLabel(ctx, tx, a, l, said); err != nil {
			return err
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{ProjectID: p.ProjectID, Action: "assessment.labelled", ObjectID: kept.ID,
			Detail: map[string]string{"assessment": a.ID, "criterion": strings.ToLower(string(l.Criterion)), "item": l.Item, "label": string(l.Label)}})
	})
	if err != nil {
		return nil, err
	}
	return labelOf(kept), nil
}

// saidOf is what the judge said of what is labelled.
func saidOf(a *Assessment, l ToLabel) (judge.Answer, error) {
	if a.Status == rules.Pending {
		return "", apperr.New(apperr.Conflict, "the assessment %s is still to be made; label it when it is", a.ID)
	}
	if l.Item == "" {
		for _, c := range a.Judgement.Criteria {
			switch {
			case c.Criterion != l.Criterion:
			case c.Score == nil:
				return judge.Undecided, nil
			case *c.Score >= rules.AverageFrom:
				return judge.Pass, nil
			default:
				return judge.Fail, nil
			}
		}
		return judge.Undecided, nil
	}
	if a.Panel != nil {
		for _, i := range a.Panel.Items {
			if i.Criterion == l.Criterion && i.ID == l.Item {
				return i.Answer, nil
			}
		}
	}
	return "", apperr.Invalid("item", "the assessment %s has no item %.60q of %s; panel.items lists them", a.ID, l.Item, strings.ToLower(string(l.Criterion)))
}

// putLabel writes the label, in one statement: two requests of one person end with
// one label.
func putLabel(ctx context.Context, tx *store.Tx, a *Assessment, l ToLabel, said judge.Answer) (*ent.AssessmentLabel, error) {
	var version string
	if a.Panel != nil {
		for _, r := range a.Panel.Rubrics {
			if r.Criterion == l.Criterion {
				version = r.Version
			}
		}
	}
	actor := audit.ActorOf(ctx)
	now := time.Now()
	const query = `
INSERT INTO assessment_labels (id, project_id, assessment_id, criterion, item, verdict, said, model, prompt_version, note, labelled_by, labelled_by_name, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
ON CONFLICT (assessment_id, criterion, item, labelled_by) DO UPDATE
SET verdict = EXCLUDED.verdict, note = EXCLUDED.note, labelled_by_name = EXCLUDED.labelled_by_name, updated_at = EXCLUDED.updated_at`
	if _, err := tx.ExecContext(ctx, query, ident.New(ident.AssessmentLabel), a.ProjectID, a.ID, string(l.Criterion), l.Item, string(l.Label), string(said),
		a.Model, version, l.Note, actor.ID, actor.Name, now); err != nil {
		return nil, fmt.Errorf("store the label: %w", err)
	}
	row, err := tx.AssessmentLabel.Query().Where(assessmentlabel.AssessmentID(a.ID), assessmentlabel.Criterion(string(l.Criterion)),
		assessmentlabel.Item(l.Item), assessmentlabel.LabelledBy(actor.ID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the label: %w", err)
	}
	return row, nil
}

// maxLabels bounds what is read of one request.
const maxLabels = 500

// LabelsOf returns the labels of assessments, which the caller holds.
func (s *Service) LabelsOf(ctx context.Context, assessmentIDs []string) ([]*Label, error) {
	rows, err := s.store.Ent.AssessmentLabel.Query().Where(assessmentlabel.AssessmentIDIn(assessmentIDs...)).
		Order(assessmentlabel.ByID(sql.OrderDesc())).Limit(maxLabels).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the labels: %w", err)
	}
	out := make([]*Label, len(rows))
	for i, row := range rows {
		out[i] = labelOf(row)
	}
	return out, nil
}

func labelOf(row *ent.AssessmentLabel) *Label {
	return &Label{ID: row.ID, AssessmentID: row.AssessmentID, Criterion: rules.Criterion(row.Criterion), Item: row.Item,
		Label: judge.Answer(row.Verdict), Said: judge.Answer(row.Said), Note: row.Note, LabelledBy: row.LabelledByName,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt}
}
