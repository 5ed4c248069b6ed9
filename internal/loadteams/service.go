package loadteams

import (
	"context"
	"time"

	"github.com/semantest/semantest/ent/loadpart"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/seal"
	"github.com/semantest/semantest/internal/store"
)

const (
	// LeaseTime is how long a part belongs to its worker after it was last heard.
	LeaseTime = 10 * time.Second
	// startAhead is how much later than the last one is ready all begin: members
	// look for the start more often.
	startAhead = 500 * time.Millisecond
)

// ErrLetGo says that nobody waits for a part any more.
var ErrLetGo = apperr.New(apperr.Conflict, "nobody waits for this part any more")

// Job asks for one part of an attempt.
type Job struct {
	PartID   string
	RunID    string
	ResultID string
	Attempt  int
	Timeout  time.Duration // limit of the attempt
}

// Enqueuer puts jobs into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueParts(ctx context.Context, tx *store.Tx, jobs ...Job) error
}

// Service keeps the parts of loads.
type Service struct {
	store    *store.Store
	enqueuer Enqueuer
	sealer   *seal.Sealer
}

// New returns the service.
func New(s *store.Store, e Enqueuer, sealer *seal.Sealer) *Service {
	return &Service{store: s, enqueuer: e, sealer: sealer}
}

// State is how a part is.
type State = loadpart.State

// The states of a part.
const (
	StateWaiting = loadpart.StateWaiting // for a worker
	StateSeated  = loadpart.StateSeated  // a worker has taken it
	StateReady   = loadpart.StateReady   // it can begin
	StateRunning = loadpart.StateRunning // it has measured something
	StateEnded   = loadpart.StateEnded
	StateLost    = loadpart.StateLost // its worker fell silent, or had to leave
)

// Attempt is whose parts are meant: an attempt that a worker has leased.
type Attempt struct {
	ProjectID, RunID, ResultID string
	Number                     int
	WorkerID                   string
	Timeout                    time.Duration
}

// current is the condition that an attempt is still its worker's, for a query
// with its result as $1, its number as $2 and its worker as $3.
const current = `EXISTS (SELECT FROM results WHERE results.id = $1 AND results.attempt = $2 AND results.worker_id = $3 AND results.status = 'running')`

// wanted is the condition that somebody waits for a part p: its attempt is under
// way, and its worker alive.
const wanted = `EXISTS (SELECT FROM results JOIN runs ON runs.id = results.run_id
	WHERE results.id = p.result_id AND results.attempt = p.attempt AND results.status = 'running' AND results.lease_expires_at > now()
		AND COALESCE(runs.stop_reason, '') IN ('', 'max_failures'))`
