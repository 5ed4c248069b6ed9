package assessments

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Get returns an assessment of the caller's project.
func (s *Service) Get(ctx context.Context, id string) (*Assessment, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	row, err := s.store.Ent.Assessment.Query().Where(assessment.ProjectID(p.ProjectID), assessment.ID(id)).Only(ctx)
	if err != nil {
		return nil, store.Missing(err, ident.Assessment, id)
	}
	return of(row)
}

// Which says which assessments to list: those of a run, or all of the project,
// and of them those of one judge.
type Which struct {
	RunID string // of the whole project when empty
	Judge Judge  // of all of them when empty
}

// List returns a page of assessments, newest first, and whether more follow.
// Those of single results are among them.
func (s *Service) List(ctx context.Context, which Which, page store.Page) ([]*Assessment, bool, error) {
	q, err := s.those(ctx, which)
	if err != nil {
		return nil, false, err
	}
	limit, err := page.Limit()
	if err != nil {
		return nil, false, err
	}
	if page.After != "" {
		q.Where(assessment.IDLT(page.After))
	}
	rows, err := q.Order(assessment.ByID(sql.OrderDesc())).Limit(limit).All(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("list the assessments: %w", err)
	}
	rows, more := store.Cut(rows, limit)
	out, err := all(rows)
	return out, more, err
}

// Count returns how many assessments List would go through.
func (s *Service) Count(ctx context.Context, which Which) (int, error) {
	q, err := s.those(ctx, which)
	if err != nil {
		return 0, err
	}
	return q.Count(ctx)
}

func (s *Service) those(ctx context.Context, which Which) (*ent.AssessmentQuery, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	q := s.store.Ent.Assessment.Query().Where(assessment.ProjectID(p.ProjectID))
	if which.RunID != "" {
		q.Where(assessment.RunID(which.RunID))
	}
	if which.Judge != "" {
		q.Where(assessment.JudgeEQ(assessment.Judge(strings.ToLower(string(which.Judge)))))
	}
	return q, nil
}

// OfRuns returns the newest assessment of each run as a whole by rules and the
// weights of its plan. The caller holds the runs, which proves that it may see them.
func (s *Service) OfRuns(ctx context.Context, runIDs []string) ([]*Assessment, error) {
	rows, err := s.store.Ent.Assessment.Query().
		Where(assessment.RunIDIn(runIDs...), assessment.JudgeEQ(assessment.JudgeRules), assessment.ResultIDIsNil(), assessment.WeightsIsNil(), func(sel *sql.Selector) {
			newer := sql.Table(assessment.Table).As("newer")
			sel.Where(sql.NotExists(sql.Select("id").From(newer).Where(sql.And(
				sql.ColumnsEQ(newer.C(assessment.FieldRunID), sel.C(assessment.FieldRunID)), sql.IsNull(newer.C(assessment.FieldResultID)),
				sql.IsNull(newer.C(assessment.FieldWeights)), sql.EQ(newer.C(assessment.FieldJudge), assessment.JudgeRules), sql.ColumnsGT(newer.C(assessment.FieldID), sel.C(assessment.FieldID))))))
		}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the assessments of runs: %w", err)
	}
	return all(rows)
}
