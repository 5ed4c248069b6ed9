package graph

import (
	"context"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/accounts"
	"github.com/semantest/semantest/internal/analytics"
	"github.com/semantest/semantest/internal/anomalies"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/artifacts"
	"github.com/semantest/semantest/internal/assessments"
	"github.com/semantest/semantest/internal/auth"
	"github.com/semantest/semantest/internal/baselines"
	"github.com/semantest/semantest/internal/breaker"
	"github.com/semantest/semantest/internal/browsersessions"
	"github.com/semantest/semantest/internal/conformance"
	"github.com/semantest/semantest/internal/failures"
	"github.com/semantest/semantest/internal/generation"
	"github.com/semantest/semantest/internal/members"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/schedules"
	"github.com/semantest/semantest/internal/secrets"
	"github.com/semantest/semantest/internal/triggers"
	"github.com/semantest/semantest/internal/webhooks"
	"github.com/semantest/semantest/internal/workers"
)

// Resolver resolves the graph's fields: each calls one method of a service or a
// loader.
type Resolver struct {
	Services Services
	Limits   Limits
	Origins  []string // of other pages that may open sockets
	RiverUI  string   // address of the River UI; empty for none
}

// Services are what the graph shows.
type Services struct {
	Accounts  *accounts.Service
	Auth      *auth.Service
	Plans     *plans.Service
	Runs      *runs.Service
	Workers   *workers.Service
	Artifacts *artifacts.Service
	Schedules *schedules.Service
	Secrets   *secrets.Service
	Triggers  *triggers.Service
	Webhooks  *webhooks.Service
	Breakers  *breaker.Set
	Members   *members.Service
	Sessions  *browsersessions.Service

	Analytics   *analytics.Service
	Anomalies   *anomalies.Service
	Assessments *assessments.Service
	Failures    *failures.Service
	Baselines   *baselines.Service
	Conformance *conformance.Service
	Generation  *generation.Service

	StartOIDC string // where a browser begins to sign in by the identity provider; empty without one
}

// orNull turns "there is no such thing" into null, which a nullable field says.
func orNull[T any](row *T, err error) (*T, error) {
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil, nil
	}
	return row, err
}

// deref returns the value of an optional argument, zero where it was not given.
// dollars are US dollars of their billionths.
func dollars(nanos *int64) *float64 {
	if nanos == nil {
		return nil
	}
	out := float64(*nanos) / 1e9
	return &out
}

func deref[T any](v *T) T {
	var zero T
	if v == nil {
		return zero
	}
	return *v
}

func (r *Resolver) project(ctx context.Context, p *auth.Principal) (*ent.Project, error) {
	return r.Services.Auth.Project(ctx, p.ProjectID)
}
