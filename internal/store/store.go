package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"

	"github.com/semantest/semantest/ent"
	"github.com/semantest/semantest/internal/apperr"
)

// Store is one process's access to Postgres: a lib/pq pool for Ent, and a pgx
// pool for River's workers, which need LISTEN.
type Store struct {
	Ent  *ent.Client
	DB   *sql.DB
	Pool *pgxpool.Pool
}

// Options of Open. Zero values mean the defaults in parentheses.
type Options struct {
	MaxConns      int32         // of Ent's pool (16); River's has half of it
	ConnectWithin time.Duration // how long to wait for Postgres (10 s)
	// CancelWithin is how long Postgres has to cancel a statement whose context
	// has ended, before its connection is cut (3 s).
	CancelWithin time.Duration
	// Role is whom the connections act as; the user of the address must be a
	// member. Empty is the user itself.
	Role string
	// AllProjects lets statements whose context names no project see the rows of
	// all, for tools and tests; usually they see those of none.
	AllProjects bool
}

// Open connects to the database. It fails with Unavailable when Postgres does
// not answer in time, and with InvalidInput when the address is wrong.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	if o.MaxConns == 0 {
		o.MaxConns = 16
	}
	if o.ConnectWithin == 0 {
		o.ConnectWithin = 10 * time.Second
	}
	if o.CancelWithin == 0 {
		o.CancelWithin = 3 * time.Second
	}
	poolConfig, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the database address is not a Postgres URL")
	}
	poolConfig.MaxConns = max(4, o.MaxConns/2)
	connector, err := connect(databaseURL, o)
	if err != nil {
		return nil, apperr.Wrap(err, apperr.InvalidInput, "the database address is not a Postgres URL")
	}
	name(poolConfig.ConnConfig.RuntimeParams, queueName)
	limit(poolConfig.ConnConfig.RuntimeParams)
	actAs(poolConfig.ConnConfig.RuntimeParams, o.Role)
	if poolConfig.ConnConfig.ConnectTimeout == 0 {
		poolConfig.ConnConfig.ConnectTimeout = dialWithin
	}
	poolConfig.ConnConfig.Tracer = queryLimit{maxQueueQuery}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(int(o.MaxConns))
	db.SetMaxIdleConns(int(o.MaxConns))
	db.SetConnMaxIdleTime(5 * time.Minute)
	if err := waitUntilUp(ctx, db, o.ConnectWithin); err != nil {
		_ = db.Close()
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open the worker pool: %w", err)
	}
	client := ent.NewClient(ent.Driver(entsql.OpenDB(dialect.Postgres, db)))
	return &Store{Ent: client, DB: db, Pool: pool}, nil
}

// Ready answers whether the database can be used now.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.DB.PingContext(ctx); err != nil {
		return apperr.Wrap(err, apperr.Unavailable, "the database does not answer")
	}
	return nil
}

// Close ends all connections.
func (s *Store) Close() error {
	s.Pool.Close()
	return s.DB.Close()
}

func waitUntilUp(asked context.Context, db *sql.DB, within time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(asked, within, fmt.Errorf("no answer within %s", within))
	defer cancel()
	pause := 10 * time.Millisecond
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		if e, ok := errors.AsType[*apperr.Error](err); ok {
			err = e.Err // the sentences below say more
		}
		if refused(err) {
			return apperr.Wrap(err, apperr.InvalidInput, "the database refuses us; correct the database address")
		}
		select {
		case <-asked.Done():
			return context.Cause(asked)
		case <-ctx.Done():
			return apperr.Wrap(err, apperr.Unavailable,
				"the database does not answer; check that Postgres runs and that the database address is right")
		case <-time.After(pause):
			pause = min(2*pause, 500*time.Millisecond)
		}
	}
}

// refused reports whether to ask again is of no use: the user, the password or
// the name of the database is wrong.
func refused(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && (e.Code.Class() == "28" || e.Code == "3D000")
}
