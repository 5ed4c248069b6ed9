package assessments

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"

	"entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/ent/comparison"
	"github.com/semantest/semantest/ent/predicate"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/ident"
	"github.com/semantest/semantest/internal/store"
)

// Ask is what somebody wants to have assessed.
type Ask struct {
	RunID    string // of the run as a whole
	ResultID string // or of one result
	Weights  *rules.Weights
	Fresh    bool // also where an assessment with these weights is there

	Judge Judge  // ByRules when empty
	Votes int    // of a model: how many judgements; as the plan says when 0
	Model string // of a model: another one of the configured endpoint; as the plan says when empty
}

// Assess returns the assessment of a run or a result that has ended. By rules it is
// made at once, by a model it is pending and a job makes it, unless one with the same weights is there and no comparison was
// reviewed since.
func (s *Service) Assess(ctx context.Context, ask Ask) (*Assessment, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	if err := ask.check(); err != nil {
		return nil, err
	}
	var runID string
	if ask.ResultID != "" {
		runID, err = s.endedResult(ctx, ask.ResultID)
	} else {
		runID, err = s.endedRun(ctx, ask.RunID)
	}
	if err != nil {
		return nil, err
	}
	if ask.Judge == ByLLM {
		if err := s.completeAsk(ctx, runID, &ask); err != nil {
			return nil, err
		}
	}
	if !ask.Fresh {
		known, err := s.known(ctx, runID, ask)
		if known != nil || err != nil {
			return known, err
		}
	}
	if ask.Judge == ByLLM {
		return s.request(ctx, p, runID, ask)
	}
	return s.judge(ctx, p, runID, ask)
}

// check names the first thing about a question that makes no sense.
func (a Ask) check() error {
	switch {
	case a.Judge == ByPerson:
		return apperr.Invalid("judge", "a person judges with labelAssessment; ask for RULES or LLM")
	case a.Judge != ByLLM && (a.Votes != 0 || a.Model != ""):
		return apperr.Invalid("votes", "votes and a model belong to the judge LLM; give judge: LLM too")
	case a.Votes < 0 || a.Votes > judge.MaxVotes:
		return apperr.Invalid("votes", "a language model gives 1 to %d votes, not %d", judge.MaxVotes, a.Votes)
	case len(a.Model) > maxModel || strings.ContainsFunc(a.Model, unicode.IsControl):
		return apperr.Invalid("model", "the name of a model is one line of at most %d bytes", maxModel)
	}
	return sound(a.Weights)
}

// maxModel bounds a model's name, in bytes.
const maxModel = 200

// sound refuses weights that weigh nothing.
func sound(w *rules.Weights) error {
	if w == nil {
		return nil
	}
	sum := 0.0
	for _, part := range []struct {
		field string
		value float64
	}{{"functionality", w.Functionality}, {"ui", w.UI}, {"performance", w.Performance}, {"accessibility", w.Accessibility}} {
		if math.IsNaN(part.value) || part.value < 0 || part.value > 1 {
			return apperr.Invalid("weights."+part.field, "the weight of %s is %v; give a number from 0 to 1", part.field, part.value)
		}
		sum += part.value
	}
	if sum == 0 {
		return apperr.Invalid("weights", "no criterion has a weight above 0; give at least one of functionality, ui, performance and accessibility")
	}
	return nil
}

func (s *Service) endedRun(ctx context.Context, id string) (string, error) {
	row, err := s.runs.Get(ctx, id)
	if err != nil {
		return "", err
	}
	if row.FinishedAt == nil {
		return "", apperr.New(apperr.Conflict, "the run %s has not ended; it is assessed when it has", id)
	}
	return row.ID, nil
}

func (s *Service) endedResult(ctx context.Context, id string) (string, error) {
	row, err := s.runs.Result(ctx, id)
	if err != nil {
		return "", err
	}
	if row.Outcome == nil {
		return "", apperr.New(apperr.Conflict, "the result %s has no outcome yet; ask again when it has", id)
	}
	return row.RunID, nil
}

// knownAtOnce bounds how many assessments of a run are looked at for one with the
// same weights.
const knownAtOnce = 50

// known returns the newest assessment that answers the question; nil where there
// is none, or a person has reviewed a comparison since.
func (s *Service) known(ctx context.Context, runID string, ask Ask) (*Assessment, error) {
	rows, err := s.store.Ent.Assessment.Query().
		Where(assessment.RunID(runID), assessment.JudgeEQ(ask.judge()), assessment.StatusNEQ(assessment.StatusPending), about(ask)).
		Order(assessment.ByID(sql.OrderDesc())).Limit(knownAtOnce).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for an assessment: %w", err)
	}
	for _, row := range rows {
		if !sameWeights(row, ask.Weights) || row.FinishedAt == nil || row.Version != rules.Version || !ask.answeredBy(row) {
			continue
		}
		stale, err := s.store.Ent.Comparison.Query().Where(comparison.RunID(runID), comparison.ReviewedAtGT(*row.FinishedAt)).Exist(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for reviews: %w", err)
		}
		if stale {
			return nil, nil
		}
		return of(row)
	}
	return nil, nil
}

func (a Ask) judge() assessment.Judge {
	if a.Judge == ByLLM {
		return assessment.JudgeLlm
	}
	return assessment.JudgeRules
}

// answeredBy says whether a model was asked the same: what could not be assessed is
// asked again.
func (a Ask) answeredBy(row *ent.Assessment) bool {
	if a.Judge != ByLLM {
		return true
	}
	return a.asks(row) && row.Status == assessment.StatusAssessed
}

// asks says whether a model is asked the same of an assessment.
func (a Ask) asks(row *ent.Assessment) bool {
	return row.Ask != nil && row.Ask.Votes == a.Votes && row.Ask.Model == a.Model
}

func about(ask Ask) predicate.Assessment {
	if ask.ResultID != "" {
		return assessment.ResultID(ask.ResultID)
	}
	return assessment.ResultIDIsNil()
}

func sameWeights(row *ent.Assessment, w *rules.Weights) bool {
	if row.Weights == nil || w == nil {
		return row.Weights == nil && w == nil
	}
	return rules.Weights(*row.Weights) == *w
}

// judge makes an assessment, or completes the one that waits for its turn.
func (s *Service) judge(ctx context.Context, p *auth.Principal, runID string, ask Ask) (*Assessment, error) {
	var made *ent.Assessment
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		id, err := s.waiting(ctx, tx, runID, ask)
		if err != nil {
			return err
		}
		if id == "" {
			if id, err = s.open(ctx, tx, p.ProjectID, runID, ask); err != nil {
				return err
			}
		}
		if made, err = s.complete(ctx, tx, id); err != nil {
			return err
		}
		if made == nil { // the worker was faster
			made, err = tx.Assessment.Get(ctx, id)
			return err
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{ProjectID: p.ProjectID, Action: "assessment.made", ObjectID: id,
			Detail: map[string]string{"run": runID}})
	})
	if err != nil {
		return nil, err
	}
	return of(made)
}

// waiting is the id of the pending assessment that answers the question.
func (s *Service) waiting(ctx context.Context, tx *store.Tx, runID string, ask Ask) (string, error) {
	if ask.ResultID != "" || ask.Weights != nil {
		return "", nil
	}
	id, err := tx.Assessment.Query().Where(assessment.RunID(runID), assessment.StatusEQ(assessment.StatusPending), assessment.ResultIDIsNil(),
		assessment.WeightsIsNil(), assessment.JudgeEQ(assessment.JudgeRules)).FirstID(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	return id, err
}

func (s *Service) open(ctx context.Context, tx *store.Tx, projectID, runID string, ask Ask) (string, error) {
	actor := audit.ActorOf(ctx)
	create := tx.Assessment.Create().SetID(ident.New(ident.Assessment)).SetProjectID(projectID).SetRunID(runID).SetJudge(ask.judge()).
		SetCreatedBy(actor.ID).SetCreatedByName(actor.Name)
	if ask.ResultID != "" {
		create.SetResultID(ask.ResultID)
	}
	if ask.Judge == ByLLM {
		create.SetVotes(ask.Votes).SetAsk(&schema.JudgeAsk{Votes: ask.Votes, Model: ask.Model, Fresh: ask.Fresh})
	}
	if ask.Weights != nil {
		create.SetWeights(weightsOf(ask.Weights))
	}
	row, err := create.Save(ctx)
	if err != nil {
		return "", fmt.Errorf("open the assessment: %w", err)
	}
	return row.ID, nil
}
