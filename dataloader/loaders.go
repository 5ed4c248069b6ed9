package dataloader

import (
	"context"
	"time"

	"github.com/vikstrous/dataloadgen"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/baselines"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/triggers"
)

// wait is how long a loader collects keys before it reads.
const wait = time.Millisecond

// Loaders of one response.
type Loaders struct {
	Run           *dataloadgen.Loader[string, *ent.Run]
	Situation     *dataloadgen.Loader[string, *runs.Situation] // by run
	Plan          *dataloadgen.Loader[string, *ent.Plan]
	PlanVersion   *dataloadgen.Loader[string, *ent.PlanVersion]
	LatestVersion *dataloadgen.Loader[string, *ent.PlanVersion] // by plan
	Schedules     *dataloadgen.Loader[string, []*ent.Schedule]  // by plan
	Triggers      *dataloadgen.Loader[string, []*ent.Trigger]   // by plan
	Attempts      *dataloadgen.Loader[string, []*ent.Attempt]   // by result
	Artifacts     *dataloadgen.Loader[string, []*ent.Artifact]  // by result
	Steps         *dataloadgen.Loader[string, []*ent.Step]      // by attempt
	Checks        *dataloadgen.Loader[string, []*ent.Check]     // by attempt
	Metrics       *dataloadgen.Loader[string, []*ent.Metric]    // by attempt
	Artifact      *dataloadgen.Loader[string, *ent.Artifact]
	Baseline      *dataloadgen.Loader[string, *ent.Baseline]
	Assessment    *dataloadgen.Loader[string, *assessments.Assessment] // by run
	Labels        *dataloadgen.Loader[string, []*assessments.Label]    // by assessment
}

// Source is where loaders read.
type Source struct {
	Plans     *plans.Service
	Runs      *runs.Service
	Schedules *schedules.Service
	Triggers  *triggers.Service
	Artifacts *artifacts.Service
	Baselines *baselines.Service

	Assessments *assessments.Service
}

// New returns fresh loaders.
func (s Source) New() *Loaders {
	return &Loaders{
		Run:           one(s.Runs.ByID, func(r *ent.Run) string { return r.ID }),
		Situation:     one(s.Runs.Situations, func(t *runs.Situation) string { return t.RunID }),
		Plan:          one(s.Plans.ByID, func(p *ent.Plan) string { return p.ID }),
		PlanVersion:   one(s.Plans.VersionsByID, func(v *ent.PlanVersion) string { return v.ID }),
		LatestVersion: one(s.Plans.LatestVersions, func(v *ent.PlanVersion) string { return v.PlanID }),
		Schedules:     many(s.Schedules.OfPlans, func(c *ent.Schedule) string { return c.PlanID }),
		Triggers:      many(s.Triggers.OfPlans, func(t *ent.Trigger) string { return t.PlanID }),
		Attempts:      many(s.Runs.Attempts, func(a *ent.Attempt) string { return a.ResultID }),
		Artifacts:     many(s.Artifacts.OfResults, func(a *ent.Artifact) string { return a.ResultID }),
		Steps:         many(s.Runs.Steps, func(st *ent.Step) string { return st.AttemptID }),
		Checks:        many(s.Runs.Checks, func(c *ent.Check) string { return c.AttemptID }),
		Metrics:       many(s.Runs.Metrics, func(m *ent.Metric) string { return m.AttemptID }),
		Artifact:      one(s.Artifacts.ByID, func(a *ent.Artifact) string { return a.ID }),
		Baseline:      one(s.Baselines.ByID, func(b *ent.Baseline) string { return b.ID }),
		Labels:        many(s.Assessments.LabelsOf, func(l *assessments.Label) string { return l.AssessmentID }),
		Assessment:    one(s.Assessments.OfRuns, func(a *assessments.Assessment) string { return a.RunID }),
	}
}

type key struct{}

// With returns a context that carries the loaders.
func With(ctx context.Context, l *Loaders) context.Context { return context.WithValue(ctx, key{}, l) }

// From returns the context's loaders. It panics where there are none: the
// server puts them into every response.
func From(ctx context.Context) *Loaders { return ctx.Value(key{}).(*Loaders) }

type read[T any] func(ctx context.Context, keys []string) ([]T, error)

// one loads at most one value for a key.
func one[T any](f read[*T], keyOf func(*T) string) *dataloadgen.Loader[string, *T] {
	return dataloadgen.NewLoader(func(ctx context.Context, keys []string) ([]*T, []error) {
		rows, err := f(ctx, keys)
		if err != nil {
			return nil, []error{err}
		}
		byKey := make(map[string]*T, len(rows))
		for _, r := range rows {
			byKey[keyOf(r)] = r
		}
		out, errs := make([]*T, len(keys)), make([]error, len(keys))
		for i, k := range keys {
			if out[i] = byKey[k]; out[i] == nil {
				errs[i] = apperr.New(apperr.NotFound, "there is nothing with the id %s any more", k)
			}
		}
		return out, errs
	}, dataloadgen.WithWait(wait))
}

// many loads all values of a key, perhaps none.
func many[T any](f read[*T], keyOf func(*T) string) *dataloadgen.Loader[string, []*T] {
	return dataloadgen.NewLoader(func(ctx context.Context, keys []string) ([][]*T, []error) {
		rows, err := f(ctx, keys)
		if err != nil {
			return nil, []error{err}
		}
		byKey := make(map[string][]*T, len(keys))
		for _, r := range rows {
			byKey[keyOf(r)] = append(byKey[keyOf(r)], r)
		}
		out := make([][]*T, len(keys))
		for i, k := range keys {
			out[i] = byKey[k]
		}
		return out, nil
	}, dataloadgen.WithWait(wait))
}
