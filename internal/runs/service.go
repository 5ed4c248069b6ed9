package runs

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/plans"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Job asks for one attempt of one case.
type Job struct {
	RunID    string
	ResultID string
	Attempt  int
	Kind     spec.Kind
	Priority int           // 1 is served first
	Timeout  time.Duration // limit of the attempt
	Target   string        // host that the case is about; "" when nothing says it
}

// Enqueuer puts jobs into the queue as part of a transaction.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx *store.Tx, jobs ...Job) error
}

// Outbox hears what happens to runs, in the transaction in which it happens.
type Outbox interface {
	Tell(ctx context.Context, tx *store.Tx, evs []events.Event) error
}

// Vault knows the values of a project's secrets as its runs get them. Names
// without a value are not among the result.
type Vault interface {
	Values(ctx context.Context, tx *store.Tx, projectID, environment string, names []string) (map[string]string, error)
}

// ComparisonRecorder stores what attempts found when they compared with what
// people had accepted, in the transaction that stores the attempt.
type ComparisonRecorder interface {
	Record(ctx context.Context, tx *store.Tx, of *ent.Result, found []Comparison) error
}

// Service keeps runs.
type Service struct {
	store    *store.Store
	plans    *plans.Service
	log      *events.Log
	hub      *events.Hub
	bus      *events.Bus
	enqueuer Enqueuer
	outbox   Outbox
	sealer   *seal.Sealer
	vault    Vault
	compared ComparisonRecorder
	assessor Assessor
	setups   *lru.Cache[string, *setup]
	limits   *expirable.LRU[string, limits]
	kicks    chan struct{}
	claims   *gatherer[*claiming]
	finishes *gatherer[Finished]
}

// Deps are what the service needs; all but the outbox, the vault, the recorder of
// comparisons and the assessor are required.
type Deps struct {
	Store    *store.Store
	Plans    *plans.Service
	Log      *events.Log
	Hub      *events.Hub
	Bus      *events.Bus
	Enqueuer Enqueuer
	Outbox   Outbox
	Sealer   *seal.Sealer
	Vault    Vault
	Compared ComparisonRecorder
	Assessor Assessor
}

// New returns the service.
func New(d Deps) *Service {
	known, err := lru.New[string, *setup](setups)
	if err != nil {
		panic(err) // the size is a positive constant
	}
	s := &Service{
		store: d.Store, plans: d.Plans, log: d.Log, hub: d.Hub, bus: d.Bus,
		enqueuer: d.Enqueuer, outbox: d.Outbox, sealer: d.Sealer, vault: d.Vault, compared: d.Compared, assessor: d.Assessor, setups: known,
		limits: newLimitsCache(), kicks: make(chan struct{}, 1),
	}
	s.claims = newGatherer(s.claimTogether, func(*claiming) int { return 1 })
	s.finishes = newGatherer(s.finishTogether, Finished.rows)
	return s
}
