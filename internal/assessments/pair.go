package assessments

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/semantest/semantest/ent/assessment"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/judge"
	"github.com/semantest/semantest/internal/assessments/rules"
	"github.com/semantest/semantest/internal/audit"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/store"
)

// pairedWithin is how long both answers may take together; somebody waits for them.
const pairedWithin = 2 * time.Minute

// ToPair is what somebody wants to have compared.
type ToPair struct {
	A, B  string // assessments, whose runs or results are compared
	Model string // another one of the configured endpoint
	Fresh bool   // also where the answers are known
}

// Paired is a comparison by a model of what two assessments are about.
type Paired struct {
	A, B *Assessment
	judge.PairJudgement
}

// Pair has a model say which of two runs or results is better, asked in both
// orders. It waits for the answers, and stores none: within an hour the cache knows
// them.
func (s *Service) Pair(ctx context.Context, ask ToPair) (*Paired, error) {
	p, err := auth.Require(ctx, auth.Execute)
	if err != nil {
		return nil, err
	}
	if len(ask.Model) > maxModel || strings.ContainsFunc(ask.Model, unicode.IsControl) {
		return nil, apperr.Invalid("model", "the name of a model is one line of at most %d bytes", maxModel)
	}
	out := &Paired{}
	if out.A, err = s.Get(ctx, ask.A); err != nil {
		return nil, err
	}
	if out.B, err = s.Get(ctx, ask.B); err != nil {
		return nil, err
	}
	if out.A.RunID == out.B.RunID && same(out.A.ResultID, out.B.ResultID) {
		return nil, apperr.Invalid("b", "both assessments are about the same measurements, so there is nothing to choose; compareAssessments sets two judgements of them side by side")
	}
	pair := judge.Pair{Account: llm.Account{Project: p.ProjectID, Run: out.A.RunID}, Model: ask.Model, Fresh: ask.Fresh}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if pair.A, err = s.side(ctx, tx, out.A); err != nil {
			return err
		}
		if pair.B, err = s.side(ctx, tx, out.B); err != nil {
			return err
		}
		return audit.Record(ctx, tx.AuditEntry, audit.Entry{ProjectID: p.ProjectID, Action: "assessment.compared", ObjectID: out.A.ID,
			Detail: map[string]string{"with": out.B.ID, "model": ask.Model}})
	})
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, pairedWithin)
	defer cancel()
	made, err := judge.Compare(limited, s.model, pair)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		made = &judge.PairJudgement{Status: rules.NotAssessed, Preferred: judge.Open, Reason: fmt.Sprintf("the model has not answered within %s", pairedWithin)}
	case err != nil:
		return nil, err
	}
	out.PairJudgement = *made
	return out, nil
}

// side is what was measured of a run or a result, read anew.
func (s *Service) side(ctx context.Context, tx *store.Tx, a *Assessment) (judge.Side, error) {
	row, err := tx.Assessment.Query().Where(assessment.ID(a.ID)).Only(ctx)
	if err != nil {
		return judge.Side{}, fmt.Errorf("read assessment %s: %w", a.ID, err)
	}
	found, err := s.evidence(ctx, tx, row)
	if err != nil {
		return judge.Side{}, err
	}
	facts := rules.Assess(found.in)
	return judge.Side{Facts: facts, Found: judge.Excerpts(found.in, facts)}, nil
}

func same(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
