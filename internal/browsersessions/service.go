package browsersessions

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/semantest/semantest/ent/browsersession"
	"github.com/semantest/semantest/internal/apperr"
	"github.com/semantest/semantest/internal/events"
	"github.com/semantest/semantest/internal/spec"
	"github.com/semantest/semantest/internal/store"
)

// Bounds of sessions.
const (
	MaxLive     = 10 // sessions of a project that have not ended
	MaxSource   = 64 << 10
	MaxSteps    = 50  // of a command
	MaxWaiting  = 256 // commands of a session that are not done
	MaxCommands = 2000
	MaxPicture  = 2 << 20
	KeptFor     = 24 * time.Hour // after the end

	MinTime = 10 * time.Second // of expiresIn and idle
	MaxTime = time.Hour

	maxCaptures = 100 // variables that the steps of a session capture
	pictures    = 20  // commands whose picture is kept
)

// LeaseTime is how long a session belongs to its worker after it was last heard.
const LeaseTime = 10 * time.Second

// ErrOver says that a session has ended, or is another worker's.
var ErrOver = apperr.New(apperr.Conflict, "the session is over")

// ErrNoRoom says that the limits of the project leave no room for the session
// now.
var ErrNoRoom = apperr.New(apperr.Conflict, "the project has no room for another case now")

// Job asks a worker to keep a session open.
type Job struct {
	SessionID string
	Timeout   time.Duration
}

// Enqueuer puts a job into the queue as part of a transaction.
type Enqueuer interface {
	EnqueueSession(ctx context.Context, tx *store.Tx, job Job) error
}

// Vault knows the values of a project's secrets. Names without a value are not
// among the result.
type Vault interface {
	Values(ctx context.Context, tx *store.Tx, projectID, environment string, names []string) (map[string]string, error)
}

// Slots knows the limits of projects.
type Slots interface {
	HasRoom(ctx context.Context, tx *store.Tx, projectID string, kind spec.Kind) (bool, error)
}

// Service keeps sessions.
type Service struct {
	store    *store.Store
	enqueuer Enqueuer
	vault    Vault
	slots    Slots
	bus      *events.Bus
	hub      *events.Hub
}

// Deps are what the service needs; all are required.
type Deps struct {
	Store    *store.Store
	Enqueuer Enqueuer
	Vault    Vault
	Slots    Slots
	Bus      *events.Bus
	Hub      *events.Hub
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{store: d.Store, enqueuer: d.Enqueuer, vault: d.Vault, slots: d.Slots, bus: d.Bus, hub: d.Hub}
}

// Attend returns a channel that hears of what is new about a session, until
// leave is called.
func (s *Service) Attend(sessionID string) (rung <-chan struct{}, leave func()) {
	return s.hub.Attend(sessionID)
}

func ended(status browsersession.Status) bool {
	return status == browsersession.StatusClosed || status == browsersession.StatusExpired || status == browsersession.StatusFailed
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// one reads the only row of a query.
func one(ctx context.Context, q querier, query string, args []any, dest ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if !rows.Next() {
		return errors.Join(sql.ErrNoRows, rows.Err())
	}
	return rows.Scan(dest...)
}
