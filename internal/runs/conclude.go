package runs

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/ent/schema"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// finishRun gives a run whose results are complete its status and returns its
// last event, which the caller records, and opens its assessment. The run's row is locked and r as fresh.
func (s *Service) finishRun(ctx context.Context, tx *store.Tx, r *runRow) (events.Event, error) {
	version, err := s.plans.VersionTx(ctx, tx, r.planVersionID)
	if err != nil {
		return events.Event{}, err
	}
	judged := judge(version.Plan.Gates, r.counts)
	var gates any
	if judged != nil {
		doc, err := json.Marshal(judged)
		if err != nil {
			return events.Event{}, fmt.Errorf("encode the gates: %w", err)
		}
		gates = string(doc)
	}
	const query = `
UPDATE runs SET status = $2, gates = $3::jsonb, finished_at = $4, error = $5, last_seq = last_seq + 1, short = false, sealed_secrets = NULL WHERE id = $1`
	now := time.Now()
	r.status = statusOf(r, judged)
	r.lastSeq++
	if _, err := tx.ExecContext(ctx, query, r.id, string(r.status), gates, now, sentenceOf(r.stopping)); err != nil {
		return events.Event{}, fmt.Errorf("store the run's status: %w", err)
	}
	if l, known := s.limits.Peek(r.projectID); r.grouped || known && (l.onCases() || len(l.environments) > 0) {
		tx.AfterCommit(s.kick) // another run may have waited for this end
	}
	if s.assessor != nil {
		if err := s.assessor.Open(ctx, tx, r.projectID, r.id, version.Plan); err != nil {
			return events.Event{}, err
		}
	}
	return r.event(events.RunFinished, now), nil
}

// judge evaluates the gates on the run's counts. A gate that has nothing to
// judge fails: no case passed it.
func judge(g *spec.Gates, r events.Counts) []schema.GateOutcome {
	if g == nil {
		return nil
	}
	ran := r.Passed + r.Flaky + r.Failed + r.TimedOut + r.Errored
	var out []schema.GateOutcome
	if g.SuccessRate != nil {
		rate := 0.0
		if ran > 0 {
			rate = float64(r.Passed+r.Flaky) / float64(ran)
		}
		out = append(out, schema.GateOutcome{Name: "successRate", Expected: *g.SuccessRate, Actual: rate, Passed: rate >= *g.SuccessRate})
	}
	if g.MinCases != nil {
		out = append(out, schema.GateOutcome{Name: "minCases", Expected: float64(*g.MinCases), Actual: float64(ran), Passed: ran >= *g.MinCases})
	}
	if g.SuccessRateLowerBound != nil {
		least := wilsonLow(r.Passed+r.Flaky, ran)
		out = append(out, schema.GateOutcome{Name: "successRateLowerBound", Expected: *g.SuccessRateLowerBound, Actual: least, Passed: least >= *g.SuccessRateLowerBound})
	}
	return out
}

// wilsonLow is the lower bound of the share of cases that pass, with 95 %
// confidence: few cases that all pass say less than many.
func wilsonLow(good, n int) float64 {
	if n == 0 {
		return 0
	}
	const z = 1.959963984540054
	p, m := float64(good)/float64(n), float64(n)
	low := (p + z*z/(2*m) - z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))) / (1 + z*z/m)
	return math.Round(max(0, low)*1e4) / 1e4
}

// statusOf decides the run's status. Gates that hold do not make up for a
// failed case: they only add conditions.
func statusOf(r *runRow, gates []schema.GateOutcome) run.Status {
	c := r.counts
	switch {
	case c.Cancelled > 0 || r.stopping == run.StopReasonAsked || r.stopping == run.StopReasonSuperseded:
		return run.StatusCancelled
	case c.Failed+c.TimedOut > 0 || r.stopping == run.StopReasonTimeout:
		return run.StatusFailed
	case c.Errored > 0:
		return run.StatusErrored
	}
	for _, g := range gates {
		if !g.Passed {
			return run.StatusFailed
		}
	}
	return run.StatusPassed
}
