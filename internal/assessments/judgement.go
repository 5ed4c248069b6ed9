package assessments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// judgedWithin is how long the votes of one judgement may take together.
const judgedWithin = 4 * time.Minute

// completeAsk fills in what the plan says of its judge.
func (s *Service) completeAsk(ctx context.Context, runID string, ask *Ask) error {
	row, err := s.runs.Get(ctx, runID)
	if err != nil {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		version, err := s.plans.VersionTx(ctx, tx, row.PlanVersionID)
		if err != nil {
			return err
		}
		var plan spec.JudgeLLM
		if j := version.Plan.Judge; j != nil && j.LLM != nil {
			plan = *j.LLM
		}
		ask.Votes, ask.Model = cmp.Or(ask.Votes, plan.Votes, judge.DefaultVotes), cmp.Or(ask.Model, plan.Model)
		return nil
	})
}

// request opens the assessment that a model is to make, with its job. Who asks for
// the same in the meantime waits for the same one.
func (s *Service) request(ctx context.Context, p *auth.Principal, runID string, ask Ask) (*Assessment, error) {
	var made *ent.Assessment
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		if made, err = s.requested(ctx, tx, runID, ask); made != nil || err != nil {
			return err
		}
		id, err := s.open(ctx, tx, p.ProjectID, runID, ask)
		if err != nil {
			return err
		}
		if made, err = tx.Assessment.Get(ctx, id); err != nil {
			return fmt.Errorf("read the assessment: %w", err)
		}
		if err := s.enqueuer.EnqueueJudgements(ctx, tx, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{ProjectID: p.ProjectID, Action: "assessment.requested", ObjectID: id,
			Detail: map[string]string{"run": runID, "model": ask.Model}})
	})
	if err != nil {
		return nil, err
	}
	return of(made)
}

// requested is the assessment that waits for a model's answer to the question; nil
// where there is none. The lock has requests for one run come one after the other.
func (s *Service) requested(ctx context.Context, tx *store.Tx, runID string, ask Ask) (*ent.Assessment, error) {
	if ask.Fresh {
		return nil, nil
	}
	if _, err := tx.Run.Query().Where(run.ID(runID)).ForUpdate(store.NoKey).OnlyID(ctx); err != nil {
		return nil, fmt.Errorf("lock the run: %w", err)
	}
	rows, err := tx.Assessment.Query().
		Where(assessment.RunID(runID), assessment.JudgeEQ(ask.judge()), assessment.StatusEQ(assessment.StatusPending), about(ask)).
		Order(assessment.ByID(sql.OrderDesc())).Limit(knownAtOnce).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for an assessment that is under way: %w", err)
	}
	for _, row := range rows {
		if sameWeights(row, ask.Weights) && ask.asks(row) {
			return row, nil
		}
	}
	return nil, nil
}

// PerformJudgement has a model make a pending assessment. For the worker: it checks
// no permission. No transaction is open while the model is asked; who stores first
// counts, so that a job that is delivered twice does no harm.
func (s *Service) PerformJudgement(ctx context.Context, id string) error {
	var row *ent.Assessment
	var found *reading
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		row, err = tx.Assessment.Query().Where(assessment.ID(id), assessment.StatusEQ(assessment.StatusPending)).Only(ctx)
		if err != nil {
			return err
		}
		found, err = s.evidence(ctx, tx, row)
		return err
	})
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	made, err := s.ask(ctx, row, found)
	if err != nil {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Assessment.Query().Where(assessment.ID(id), assessment.StatusEQ(assessment.StatusPending)).ForUpdate().Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read assessment %s: %w", id, err)
		}
		return s.keepJudgement(ctx, tx, row, made, found.plan.Gates)
	})
}

// ask has the model judge. The error is for another try: what the model or the plan
// is to blame for is a judgement that says so.
func (s *Service) ask(ctx context.Context, row *ent.Assessment, found *reading) (*judge.Judgement, error) {
	c := judge.Case{Account: llm.Account{Project: row.ProjectID, Run: row.RunID}, Facts: rules.Assess(found.in)}
	if row.Ask != nil {
		c.Votes, c.Model, c.Fresh = row.Ask.Votes, row.Ask.Model, row.Ask.Fresh
	}
	c.Found = judge.Excerpts(found.in, c.Facts)
	var err error
	if c.Rubrics, err = rubrics(found); err != nil {
		return judge.NotAssessed(c, err.Error()), nil
	}
	if c.Screens, err = s.screens(ctx, found); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, judgedWithin)
	defer cancel()
	made, err := judge.Judge(limited, s.model, c)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return judge.NotAssessed(c, fmt.Sprintf("the model has not judged within %s", judgedWithin)), nil
	}
	return made, err
}

// rubrics are the built-in ones, and the plan's instead of those of their criteria.
func rubrics(found *reading) ([]judge.Rubric, error) {
	by := map[rules.Criterion]judge.Rubric{}
	if found.plan.Judge != nil {
		for _, ref := range found.plan.Judge.Rubrics {
			path, err := spec.FilePath(ref)
			if err != nil {
				return nil, err
			}
			data, err := fs.ReadFile(found.files, path)
			if err != nil {
				return nil, fmt.Errorf("the rubric %s cannot be read: %w", path, err)
			}
			r, err := judge.ParseRubric(data)
			if err != nil {
				return nil, fmt.Errorf("the rubric %s: %w", path, err)
			}
			if _, twice := by[r.Criterion]; twice {
				return nil, fmt.Errorf("the rubric %s: there is another one for %s", path, strings.ToLower(string(r.Criterion)))
			}
			by[r.Criterion] = r
		}
	}
	var out []judge.Rubric
	for _, c := range rules.Criteria() {
		r, own := by[c]
		if !own {
			r = judge.BuiltIn(c)
		}
		out = append(out, r)
	}
	return out, nil
}

// keepJudgement stores what a model has judged, the gate on it and its event.
func (s *Service) keepJudgement(ctx context.Context, tx *store.Tx, row *ent.Assessment, made *judge.Judgement, gates *spec.Gates) error {
	panel, err := json.Marshal(made.Panel)
	if err != nil {
		return fmt.Errorf("encode the votes of assessment %s: %w", row.ID, err)
	}
	var versions []string
	for _, r := range made.Panel.Rubrics {
		versions = append(versions, r.Version)
	}
	update := row.Update().SetPanel(panel).SetModel(made.Panel.Model).SetPromptVersion(strings.Join(versions, ", ")).
		SetTokens(int64(made.Panel.Tokens)).SetNillableCostNanos(made.Panel.CostNanos)
	if gates != nil && gates.Judge != nil && row.ResultID == nil {
		gate, err := s.gate(ctx, tx, row.ProjectID, made, *gates.Judge)
		if err != nil {
			return err
		}
		data, err := json.Marshal(gate)
		if err != nil {
			return fmt.Errorf("encode the gate of assessment %s: %w", row.ID, err)
		}
		update.SetGate(data)
	}
	if row, err = update.Save(ctx); err != nil {
		return fmt.Errorf("store the votes: %w", err)
	}
	_, err = s.keep(ctx, tx, row, made.Assessment)
	return err
}
