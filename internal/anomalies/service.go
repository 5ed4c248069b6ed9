package anomalies

import (
	"context"
	"fmt"
	"math"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/ent/run"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/assessments/anomaly"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// Bounds and defaults of a detection.
const (
	DefaultWindow    = 7 * 24 * time.Hour
	MaxWindow        = 90 * 24 * time.Hour
	DefaultThreshold = 2.0
	maxThreshold     = 10.0
	maxRuns          = 30      // that a value is judged by
	maxJudged        = 50      // runs that Of goes through
	maxValues        = 200_000 // that are read at once
	maxAnomalies     = 100
)

// durationMetric is what every case that passed has. Ours: less than 50 ms is what
// a busy machine adds to a case of a few milliseconds.
const (
	durationMetric = "duration"
	minDuration    = 50.0 // ms
)

// Anomaly is a value of a case that does not fit the ones before, nor did the one
// before it.
type Anomaly struct {
	RunID     string
	ResultID  string
	CaseKey   string
	Metric    string // duration, or the name of a metric
	Subject   string // page, device or name of what was measured; empty for the case
	Unit      string
	Value     float64
	Mean      float64
	Low       float64
	High      float64
	Effect    float64 // difference from the mean as a share of it
	Values    int     // runs that it was judged by
	Above     bool
	Threshold float64
	Lasting   bool // the value of the run before was an anomaly to the same side already
}

// Options of a detection; zero values mean the defaults.
type Options struct {
	Window    time.Duration
	Threshold float64 // in standard deviations of a normal distribution
}

func (o Options) checked() (Options, error) {
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if o.Window < 0 || o.Window > MaxWindow {
		return o, apperr.Invalid("window", "a window is longer than nothing and at most %d days", int(MaxWindow.Hours()/24))
	}
	if !(o.Threshold >= 1 && o.Threshold <= maxThreshold) || math.IsNaN(o.Threshold) {
		return o, apperr.Invalid("threshold", "a threshold is a number from 1 to %v", maxThreshold)
	}
	return o, nil
}

// Service finds anomalies.
type Service struct {
	store *store.Store
	plans *plans.Service
}

// New returns the service.
func New(s *store.Store, p *plans.Service) *Service { return &Service{store: s, plans: p} }

// OfRun returns what does not fit in a run that has ended; nothing before. The
// caller holds the run, which proves that it may see it.
func (s *Service) OfRun(ctx context.Context, of *ent.Run, o Options) ([]*Anomaly, error) {
	return In(ctx, s.store.DB, of, o)
}

// OfPlan returns the anomalies of a plan's runs within a window before now, the
// newest run first.
func (s *Service) OfPlan(ctx context.Context, planID string, o Options) ([]*Anomaly, error) {
	p, err := auth.Require(ctx, auth.Read)
	if err != nil {
		return nil, err
	}
	if o, err = o.checked(); err != nil {
		return nil, err
	}
	plan, err := s.plans.Get(ctx, planID)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return s.Between(ctx, p.ProjectID, plan.ID, now.Add(-o.Window), now, o)
}

// Between is OfPlan for the runs of a time. An empty plan is all plans. The caller
// has checked who may see the project.
func (s *Service) Between(ctx context.Context, projectID, planID string, from, to time.Time, o Options) ([]*Anomaly, error) {
	q := s.store.Ent.Run.Query().Where(run.ProjectID(projectID), run.FinishedAtGTE(from), run.FinishedAtLT(to), run.StatusNEQ(run.StatusCancelled))
	if planID != "" {
		q.Where(run.PlanID(planID))
	}
	rows, err := q.Order(run.ByFinishedAt(entsql.OrderDesc())).Limit(maxJudged).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the runs of the window: %w", err)
	}
	out := []*Anomaly{}
	for _, row := range rows {
		found, err := s.OfRun(ctx, row, o)
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) >= maxAnomalies {
			return out[:maxAnomalies], nil
		}
	}
	return out, nil
}

// In is OfRun by a transaction.
func In(ctx context.Context, q runs.Querier, of *ent.Run, o Options) ([]*Anomaly, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	out := []*Anomaly{}
	if of.FinishedAt == nil || of.Status == run.StatusCancelled {
		return out, nil
	}
	list, err := series(ctx, q, of, o.Window)
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		r, found := s.judge(len(s.values), o)
		if !found {
			continue
		}
		before, lasting := s.judge(len(s.values)-1, o)
		out = append(out, &Anomaly{
			RunID: of.ID, ResultID: s.resultID, CaseKey: s.caseKey, Metric: s.metric, Subject: s.subject, Unit: s.unit,
			Value: r.Value, Mean: r.Mean, Low: r.Low, High: r.High, Effect: r.Effect, Values: r.Values, Above: r.Above, Threshold: r.Threshold,
			Lasting: lasting && before.Above == r.Above,
		})
		if len(out) == maxAnomalies {
			break
		}
	}
	return out, nil
}

// judge says whether the last of the first n values is an anomaly.
func (s one) judge(n int, o Options) (r anomaly.Result, found bool) {
	r = anomaly.Detect(s.values[:n], anomaly.Options{Threshold: o.Threshold})
	return r, r.Verdict == anomaly.Anomaly && (s.metric != durationMetric || math.Abs(r.Value-r.Mean) >= minDuration)
}
