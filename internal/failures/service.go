package failures

import (
	"context"

	"github.com/semantest/semantest/internal/llm"
	"github.com/semantest/semantest/internal/runs"
	"github.com/semantest/semantest/internal/store"
)

// Model is a language model, of which there need be none.
type Model interface {
	Configured() bool
	Generate(ctx context.Context, r llm.Request) (*llm.Response, error)
}

// Enqueuer puts the jobs of analyses into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueAnalyses(ctx context.Context, tx *store.Tx, clusterIDs ...string) error
}

// Service keeps the clusters of failures.
type Service struct {
	store    *store.Store
	runs     *runs.Service
	model    Model
	enqueuer Enqueuer
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store    *store.Store
	Runs     *runs.Service
	Model    Model
	Enqueuer Enqueuer
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{store: d.Store, runs: d.Runs, model: d.Model, enqueuer: d.Enqueuer}
}
